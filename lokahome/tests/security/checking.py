"""What is wrong with an answer: each finding is one sentence, and there should be none."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lokahome.tests.security.actors import LEADS, RIVALS, SIDE_AND_ROLE
from lokahome.tests.security.asking import Answer, Asker, Row, holder_of, rows
from lokahome.tests.security.asks import NOUNS
from lokahome.tests.security.operations import operations
from lokahome.tests.security.table import MATRIX, Form
from lokahome.tests.security.table import Row as Expected
from lokahome.tests.security.table import expected

IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TRIES = frozenset({"accounts_coderequest"})
COUNTED: dict[str, frozenset[str]] = {
    "challenge_prove": frozenset(
        {"accounts_signinchallenge", "core_auditevent", "core_statechange"}
    ),
    "otp_verification_create": TRIES,
    "password_reset_confirm": TRIES,
    # Another device's token is a stolen one: its session ends, and its person is told.
    "token_refresh_create": frozenset(
        {"accounts_session", "core_auditevent", "core_delivery", "core_outboxevent"}
    ),
    # Every download of a copy is written down: a GET, because it is a link.
    "data_export_file": frozenset({"core_auditevent"}),
}
"""Tables that a refusal or a look writes to on purpose, beside the limits."""
SIGNS_IN = frozenset(
    {
        *("challenge_new_account_create", "challenge_prove", "login_create"),
        *("otp_verification_create", "password_reset_confirm", "token_refresh_create"),
    }
)
"""Here the body holds the true code, as if it had been overheard: whoever has it is whom
it was sent to, and is told what is theirs."""


def gaps(table: Mapping[str, Expected]) -> tuple[list[Row], list[str]]:
    """Return the rows that *table* lacks, and its names that the schema does not know."""
    wanted = {row.name: row for row in rows()}
    missing = [row for name, row in wanted.items() if name not in table]
    return missing, sorted(table.keys() - wanted.keys())


@dataclass
class Findings:
    """What one row of the table brought to light."""

    faults: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)
    """(actor, secret) that answers held: ``landlord.point`` is one of the own side."""


def ask_all(
    asker: Asker, row: Row, wanted: Expected | None = None, form: Form = MATRIX
) -> Findings:
    """Ask *row* in everybody's name about every object, and judge the answers."""
    found = Findings()
    kinds = form.objects if row.thing else ("own",)
    for actor in form.actors:
        answers = {kind: asker.ask(row, actor, kind) for kind in kinds}
        found.answers[actor] = {k: code_of(row, a) for k, a in answers.items()}
        for kind, answer in answers.items():
            faults = [
                *unexpected(row, answer, wanted, actor, kind, form),
                *wrong_in_itself(row, answer),
            ]
            if row.operation.name not in SIGNS_IN:
                faults += strange_ids(asker, actor, answer)
            found.told |= {(actor, item) for item in secrets_in(asker, actor, answer)}
            found.faults += [
                f"{row.name} as {actor}, {kind}: {text}" for text in faults
            ]
        if row.thing and row.operation.name not in SIGNS_IN:
            found.faults += [
                f"{row.name} as {actor}: {text}"
                for text in tells_that_it_exists(asker, row, actor, answers, form)
            ]
    return found


def code_of(row: Row, answer: Answer) -> str:
    """Return the answer as the table writes it."""
    is_idle = not (answer.changed or answer.is_refused or row.operation.is_safe)
    return f"{answer.status}{'=' if is_idle else ''}"


def unexpected(
    row: Row,
    answer: Answer,
    wanted: Expected | None,
    actor: str,
    kind: str,
    form: Form,
) -> Iterator[str]:
    """Yield that the answer is not the table's."""
    if wanted is None:
        return
    wish = expected(wanted, actor, kind, form)
    if code_of(row, answer) != wish:
        said = answer.body[:300].decode("utf-8", "replace")
        yield f"answered {code_of(row, answer)}, the table says {wish}: {said}"


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
    asker: Asker, row: Row, actor: str, answers: dict[str, Answer], form: Form
) -> Iterator[str]:
    """Yield that what is other people's is answered otherwise than what is not there."""
    strange = form.strange
    other, deleted = answers[strange], answers["deleted"]
    if form.strange == "rival" and row.thing in asker.world.gone:
        deleted = asker.ask(row, actor, "missing")  # what is gone was their own
    if not other.is_refused and not row.reference.startswith("?"):
        return
    if other.comparable() == deleted.comparable():
        return
    side, role = SIDE_AND_ROLE[actor]
    thing = asker.world.sides[holder_of(side, strange)].thing(row.thing, role)
    if not may_read(asker, actor, thing):
        yield (
            "other people's differs from what is not there:"
            f" {other.comparable()} != {deleted.comparable()}"
        )


def strange_ids(asker: Asker, actor: str, answer: Answer) -> Iterator[str]:
    """Yield the ids of other people's objects that the actor may not read."""
    if answer.is_refused:
        return
    side, role = SIDE_AND_ROLE[actor]
    strange = {
        key: value
        for other in asker.world.sides
        if other != side
        for key, value in known_ids(asker, other).items()
    }
    said = set(IDS.findall(answer.body.decode("utf-8", "replace")))
    own = asker.world.sides[side]
    known = own.ids().keys() | own.dealings.get(role, set())
    for text in said - set(IDS.findall(answer.sent)) - known:
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
    own = {(side, role)} if actor not in {"anonymous", "moderator"} else set()
    own |= {(side, "agency")} if actor in LEADS else set()
    text = answer.body.decode("utf-8", "replace") + str(answer.headers)
    for its_side, person, kind, secret in asker.world.secrets:
        if (its_side, person) not in own and secret in text:
            yield f"{_whose(side, its_side)}{person}.{kind}"


def _whose(side: str, its_side: str) -> str:
    if side == its_side:
        return ""
    return "rival." if RIVALS[side] == its_side and side != "there" else "strange."


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
