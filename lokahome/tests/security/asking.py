"""Asking: one request by one actor about one object, and what came of it.

Every request runs in a savepoint that is rolled back, so the world stays as it was made
and the order of the tests does not matter.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import User
from lokahome.core.ids import uuid7
from lokahome.tests.security.actors import (
    RIVALS,
    SIDE_AND_ROLE,
    STANDING,
    STRANGERS,
    client_of,
)
from lokahome.tests.security.asks import (
    ALSO,
    ASKS,
    FILTERS,
    NOUNS,
    PUBLIC,
    REFERENCES,
    Ask,
)
from lokahome.tests.security.operations import Operation, operations, sample
from lokahome.tests.security.watching import (
    Watch,
    digests,
    savepoint,
    touched_since,
    undone,
    written_so_far,
)
from lokahome.tests.security.world import NEVER, Side, World

CHANGES_ALL_THE_SAME = frozenset({"core_ratewindow"})
"""Tables that a refusal may write to: tries are counted, that is what limits are."""


@dataclass(frozen=True)
class Scene:
    """Who asks about what: for bodies that have to say more than the schema does."""

    world: World
    actor: str
    own: Side
    role: str
    id: UUID
    row: Any

    def mine(self, name: str) -> UUID:
        """Return the id of the actor's own object called *name*."""
        thing = self.own.thing(name, self.role)
        return UUID(str(thing.pk))

    @property
    def oneself(self) -> User:
        """Who asks."""
        known = self.world.staff.get(self.actor)
        return known or self.own.people[self.role].user

    def asked_or(self, name: str) -> UUID:
        """Return the id that is asked about, or the actor's own *name* without one."""
        return self.mine(name) if self.id == NEVER else self.id

    def code(self, thing_id: object) -> str:
        """Return what was sent to whomever *thing_id* is of, as if it were overheard."""
        for side in self.world.sides.values():
            if str(thing_id) in side.codes:
                return side.codes[str(thing_id)]
        return "000000"


@dataclass(frozen=True)
class Answer:
    """What came back, and which tables are no longer what they were."""

    status: int
    body: bytes
    headers: dict[str, str]
    changed: frozenset[str]
    sent: str = ""
    error: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the server said no."""
        return self.status >= 400

    def comparable(self) -> tuple[int, Any, tuple[tuple[str, str], ...]]:
        """Return all of it but the path and the request's own id."""
        body: Any = self.body
        if "json" in self.headers.get("content-type", ""):
            body = json.loads(self.body)
            for name in ("instance", "request_id"):
                body.pop(name, None)
        kept = {k: v for k, v in self.headers.items() if k not in {"request-id"}}
        kept.pop("content-length", None)
        return self.status, body, tuple(sorted(kept.items()))


@dataclass(frozen=True)
class Row:
    """One row of the table: an operation, or one object that it names elsewhere.

    *reference* is a member of the body, a parameter of the path, or one of the query,
    which begins with ``?``. With *instead*, the same operation asked about another object of the same kind.
    """

    operation: Operation
    reference: str = ""
    instead: str = ""

    @property
    def name(self) -> str:
        """What the row is called in the table."""
        named = ":".join(filter(None, [self.operation.name, self.reference]))
        return f"{named}@{self.instead}" if self.instead else named

    @property
    def ask(self) -> Ask:
        """How it is asked."""
        return ASKS.get(self.operation.name, Ask())

    @property
    def thing(self) -> str:
        """The object that is the actor's own, other people's, or gone; may be none."""
        if self.instead:
            return self.instead
        if self.reference.startswith("?"):
            return FILTERS.get(self.reference[1:], ("", ""))[1]
        if self.reference in self.ask.named:
            return self.ask.named[self.reference][1]
        if self.reference:
            known = {**REFERENCES, **self.ask.references, **self.ask.path}
            return known.get(self.reference.rpartition(".")[2], "")
        if not self.operation.parameters or self.ask.words:
            return ""
        return self.ask.thing or NOUNS.get(
            self.operation.path.split("/{")[0].split("/")[-1], ""
        )


def rows() -> Iterator[Row]:
    """Yield every row that the table must have: the schema says which."""
    for operation in operations().values():
        yield Row(operation)
        ask = ASKS.get(operation.name, Ask())
        for name in operation.references:
            if name.rpartition(".")[2] not in PUBLIC:
                yield Row(operation, name)
        yield from (Row(operation, name) for name in operation.parameters[1:])
        yield from (Row(operation, name) for name in ask.named)
        filters = [name for name in operation.filters if name not in PUBLIC]
        yield from (Row(operation, f"?{name}") for name in filters)
        also = ALSO.get(operation.name, ())
        yield from (Row(operation, instead=name) for name in also)


@functools.cache
def row_named(name: str) -> Row:
    """Return the row called *name*; raises KeyError for one that the schema ended."""
    return {row.name: row for row in rows()}[name]


def holder_of(side: str, kind: str) -> str:
    """Return whose an object of *kind* is when somebody of *side* asks about it."""
    return {"other": STRANGERS, "rival": RIVALS}.get(kind, {}).get(side, side)


class Asker:
    """Asks in the names of all actors about one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.watch = Watch()
        self.clients = {actor: client_of(world, actor) for actor in SIDE_AND_ROLE}
        self.asked = 0

    def scene(self, row: Row, actor: str, kind: str) -> Scene:
        """Return who asks about what."""
        side, role = SIDE_AND_ROLE[actor]
        own = self.world.sides[side]
        if not row.thing:
            return Scene(self.world, actor, own, role, NEVER, None)
        holder = self.world.sides[holder_of(side, kind)]
        thing = holder.thing(row.thing, role)
        absent = {"deleted": self.world.missing(row.thing), "missing": NEVER}
        asked = absent.get(kind, thing.pk)
        if row.reference:  # what the path is about is the actor's own
            about = Row(row.operation).thing
            thing = own.thing(about, role) if about else None
        return Scene(self.world, actor, own, role, asked, thing)

    def path(self, row: Row, scene: Scene) -> str:
        """Return the path with its ids, and the query it cannot do without."""
        names = dict(row.ask.words)
        for index, parameter in enumerate(row.operation.parameters):
            if parameter in names:
                continue
            if row.reference == parameter or (index == 0 and not row.reference):
                names[parameter] = str(scene.id)
            elif index == 0:
                names[parameter] = str(scene.mine(Row(row.operation).thing))
            else:
                beside = scene.world.sides[self._side_of(row, scene)]
                names[parameter] = str(beside.thing(row.ask.path[parameter]).pk)
        with undone():
            query = row.ask.query(scene) if row.ask.query else ""
        if row.reference.startswith("?"):
            pattern, _thing = FILTERS[row.reference[1:]]
            query = f"{row.reference}={pattern.format(scene.id)}"
        return row.operation.path.format(**names) + query

    def _side_of(self, row: Row, scene: Scene) -> str:
        for name, side in self.world.sides.items():
            if str(scene.id) in side.ids():
                return name
        return scene.own.name

    def body(self, row: Row, scene: Scene) -> dict[str, Any] | None:
        """Return the JSON to send, or None when there is none."""
        if row.operation.body is None:
            return None
        body = dict(sample(row.operation.body))
        ask = row.ask
        if ask.body is not None:
            body |= ask.body(scene)
        known = {**REFERENCES, **ask.references}
        for name, part in row.operation.body.get("properties", {}).items():
            if name not in known or (name not in body and name != row.reference):
                continue
            if name == row.reference:
                value = str(scene.id)
            else:
                value = str(scene.mine(known[name]))
            body[name] = [value] if part.get("type") == "array" else value
        if row.reference in ask.named:
            pattern = ask.named[row.reference][0]
            body[row.reference] = (
                pattern.format(scene.id) if isinstance(pattern, str) else pattern(scene)
            )
        return body

    def headers(self, row: Row, scene: Scene) -> dict[str, str]:
        """Return the headers that the operation cannot do without."""
        wanted = row.operation.required_headers
        found = {}
        if "Idempotency-Key" in wanted:
            found["Idempotency-Key"] = str(uuid7())
        if "If-Match" in wanted:
            version = (
                row.ask.version(scene)
                if row.ask.version
                else (scene.row or scene.oneself).version
            )
            found["If-Match"] = f'"{version}"'
        return found

    def ask(self, row: Row, actor: str, kind: str = "own", **changes: Any) -> Answer:
        """Return the answer that *actor* gets; the world is as before."""
        scene = self.scene(row, actor, kind)
        path = changes.pop("path", None) or self.path(row, scene)
        headers = {**self.headers(row, scene), **changes.pop("headers", {})}
        body = changes.pop("body", None)
        body = self.body(row, scene) if body is None else body
        method = changes.pop("method", row.operation.method)
        if row.ask.raw is not None:
            data, content_type = row.ask.raw(scene), row.ask.media_type
        else:
            data = b"" if body is None else json.dumps(body).encode()
            content_type = "application/json" if body is not None else ""
        content_type = changes.pop("content_type", content_type)
        return self.send(actor, method, path, data, content_type, headers, **changes)

    def send(
        self,
        actor: str,
        method: str,
        path: str,
        data: bytes = b"",
        content_type: str = "",
        headers: dict[str, str] | None = None,
        **standing: bool,
    ) -> Answer:
        """Return the answer to a request as it is given; the world is as before.

        *standing* are fields of the actor's row that are otherwise for this request.
        """
        self.asked += 1
        standing = {**STANDING.get(actor, {}), **standing}
        with undone():
            if standing:
                side, role = SIDE_AND_ROLE[actor]
                asks = self.world.sides[side].people[role]
                User.objects.filter(pk=asks.id).update(**standing)
            before = written_so_far()
            answer = self._send(actor, method, path, data, content_type, headers)
            seen = digests(touched_since(before))
        self.watch.keep(seen)
        changed = self.watch.differing(seen) - CHANGES_ALL_THE_SAME
        status, body, kept, error = answer
        sent = path + data.decode("utf-8", "replace")
        return Answer(status, body, kept, frozenset(changed), sent, error)

    def _send(
        self,
        actor: str,
        method: str,
        path: str,
        data: bytes,
        content_type: str,
        headers: dict[str, str] | None,
    ) -> tuple[int, bytes, dict[str, str], str]:
        with savepoint():  # what fails in the middle takes nothing else along
            response = self.clients[actor].generic(
                method,
                path,
                data,
                content_type=content_type or "application/json",
                headers=headers or {},
            )
            error = str(getattr(response, "exc_info", None) or "")
            body = b"".join(response) if response.streaming else response.content
            kept = {name.lower(): value for name, value in response.items()}
            return response.status_code, body, kept, error
