"""What is wrong with an answer: each finding is one sentence, and there should be none."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lokahome.tests.security.asking import (
    SIDE_AND_ROLE,
    STRANGERS,
    Answer,
    Asker,
    Row,
)
from lokahome.tests.security.asks import NOUNS
from lokahome.tests.security.operations import operations
from lokahome.tests.security.table import ACTORS, OBJECTS, expected
from lokahome.tests.security.table import Row as Expected

IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COUNTED: dict[str, frozenset[str]] = {}
"""Tables that a refusal of an operation writes to on purpose, beside the limits."""


@dataclass
class Findings:
    """What one row of the table brought to light."""

    faults: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)
    """(actor, secret) that answers held: ``landlord.point`` is one of the own side."""


def ask_all(asker: Asker, row: Row, wanted: Expected | None = None) -> Findings:
    """Ask *row* in everybody's name about every object, and judge the answers."""
    found = Findings()
    kinds = OBJECTS if row.thing else ("own",)
    for actor in ACTORS:
        answers = {kind: asker.ask(row, actor, kind) for kind in kinds}
        found.answers[actor] = {k: str(a.status) for k, a in answers.items()}
        for kind, answer in answers.items():
            faults = [
                *unexpected(answer, wanted, actor, kind),
                *wrong_in_itself(row, answer),
                *strange_ids(asker, actor, answer),
            ]
            found.told |= {(actor, item) for item in secrets_in(asker, actor, answer)}
            found.faults += [
                f"{row.name} as {actor}, {kind}: {text}" for text in faults
            ]
        if row.thing:
            found.faults += [
                f"{row.name} as {actor}: {text}"
                for text in tells_that_it_exists(asker, row, actor, answers)
            ]
    return found


def unexpected(
    answer: Answer, wanted: Expected | None, actor: str, kind: str
) -> Iterator[str]:
    """Yield that the status is not the table's."""
    if wanted is not None and str(answer.status) != expected(wanted, actor, kind):
        said = answer.body[:300].decode("utf-8", "replace")
        status = expected(wanted, actor, kind)
        yield f"answered {answer.status}, the table says {status}: {said}"


def wrong_in_itself(row: Row, answer: Answer) -> Iterator[str]:
    """Yield what no answer may be or do, whoever asked."""
    if answer.status >= 500:
        yield f"failed: {answer.error}"
    if answer.is_refused:
        if "problem+json" not in answer.headers.get("content-type", ""):
            yield "refused in something else than problem details"
        if answer.status == 401 and "www-authenticate" not in answer.headers:
            yield "did not say how to sign in"
    allowed = COUNTED.get(row.operation.name, frozenset())
    changed = answer.changed - allowed
    if changed and (answer.is_refused or row.operation.is_safe):
        verb = "refused" if answer.is_refused else "only read"
        yield f"{verb}, and changed {', '.join(sorted(changed))}"


def tells_that_it_exists(
    asker: Asker, row: Row, actor: str, answers: dict[str, Answer]
) -> Iterator[str]:
    """Yield that what is other people's is refused otherwise than what is not there."""
    other, deleted = answers["other"], answers["deleted"]
    if not other.is_refused:
        return
    if other.comparable() == deleted.comparable():
        return
    side, role = SIDE_AND_ROLE[actor]
    thing = asker.world.sides[STRANGERS[side]].thing(row.thing, role)
    if not may_read(asker, actor, thing):
        yield (
            "other people's differs from what is not there:"
            f" {other.comparable()} != {deleted.comparable()}"
        )


def strange_ids(asker: Asker, actor: str, answer: Answer) -> Iterator[str]:
    """Yield the ids of other people's objects that the actor may not read."""
    if answer.is_refused:
        return
    side, _role = SIDE_AND_ROLE[actor]
    strange = known_ids(asker, STRANGERS[side])
    for text in set(IDS.findall(answer.body.decode("utf-8", "replace"))):
        name, thing = strange.get(text, ("", None))
        if name and not may_read(asker, actor, thing):
            yield f"named other people's {name}"


def known_ids(asker: Asker, side: str) -> dict[str, tuple[str, Any]]:
    """Return the objects of *side* by their ids, each with its name."""
    rows = asker.world.sides[side].rows()
    return {str(row.pk): (name, row) for name, _role, row in rows}


def secrets_in(asker: Asker, actor: str, answer: Answer) -> Iterator[str]:
    """Yield whose secrets an answer holds that are not the actor's own."""
    side, role = SIDE_AND_ROLE[actor]
    own = (side, role) if actor not in {"anonymous", "moderator"} else None
    text = answer.body.decode("utf-8", "replace") + str(answer.headers)
    for its_side, person, kind, secret in asker.world.secrets:
        if (its_side, person) != own and secret in text:
            whose = "" if its_side == side else "strange."
            yield f"{whose}{person}.{kind}"


@functools.cache
def readable() -> dict[type, str]:
    """Return the path at which an object is read, by its model's name."""
    found = {}
    for operation in operations().values():
        if operation.method == "GET" and len(operation.parameters) == 1:
            noun, _slash, rest = operation.path.partition("/{")
            name = NOUNS.get(noun.rpartition("/")[2])
            if name and rest.endswith("}"):
                found[name] = operation.path
    return found


def may_read(asker: Asker, actor: str, thing: Any) -> bool:
    """Say whether *actor* is shown *thing* when they ask for it by its own path."""
    side = asker.world.sides["here"]
    for name, path in readable().items():
        if type(side.thing(name)) is type(thing):
            parameter = path[path.index("{") :]
            asked = path.replace(parameter, str(thing.pk))
            return asker.send(actor, "GET", asked).status == 200
    return False
