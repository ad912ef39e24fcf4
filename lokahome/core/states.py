"""State machines: one printed table of edges, one mutator, a history row.

A model's states are a ``TextChoices``; beside it stands a `StateMachine` with every edge
that exists. Nothing else assigns a status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from lokahome.core.audit.models import StateChange
from lokahome.core.db.models import VersionedModel
from lokahome.core.errors import NotAllowed, StateConflict


@dataclass(frozen=True, slots=True)
class Edge:
    """From *source*, *who* may do *action*, which leads to *target*."""

    source: str
    action: str
    who: frozenset[str]
    target: str


def edge(source: str, action: str, who: str, target: str) -> Edge:
    """Return an Edge; *who* is a space-separated list such as ``"owner staff"``."""
    return Edge(str(source), action, frozenset(who.split()), str(target))


ANSWERABLE = frozenset({"staff", "system", "gateway"})
"""Whose reasons the history keeps. It is sealed for good: what a person writes stays in
the row, which an erasure empties."""


class TransitionRefused(StateConflict):
    """No edge of the state's table has this action from this state."""

    code = "state.transition_refused"


class StateMachine:
    """The edges of one noun, and the only code that moves along them."""

    def __init__(self, noun: str, edges: Iterable[Edge]) -> None:
        self.noun = noun
        self.edges = tuple(edges)
        self._by_key = {(item.source, item.action): item for item in self.edges}
        if len(self._by_key) != len(self.edges):
            raise ValueError(f"{noun}: two edges share a state and an action")

    def allowed_actions(self, status: str, roles: Iterable[str]) -> list[str]:
        """Return the actions that holders of *roles* may take from *status*."""
        held = set(roles)
        return [
            item.action
            for item in self.edges
            if item.source == status and held & item.who
        ]

    def apply(
        self,
        row: VersionedModel,
        action: str,
        *,
        who: str,
        actor_id: UUID | None,
        now: datetime,
        reason: str = "",
        update_fields: Iterable[str] = (),
    ) -> None:
        """Move *row* (already locked by the caller) along the edge of *action*.

        Saves ``status`` and *update_fields*, and writes a StateChange, with *reason*
        unless it is a person's own words (see ANSWERABLE). Raises TransitionRefused when the state has no such edge, NotAllowed when *who* may
        not take it.
        """
        state: Any = row
        status = str(state.status)
        item = self._by_key.get((status, action))
        if item is None:
            raise TransitionRefused(
                _("Cette action n’est pas possible dans l’état actuel."),
                allowed_actions=self.allowed_actions(status, {who}),
            )
        if who not in item.who:
            raise NotAllowed
        state.status = item.target
        state.save(update_fields={"status", *update_fields})
        StateChange(
            subject=f"{self.noun}:{row.pk}",
            source=status,
            action=action,
            target=item.target,
            actor_id=actor_id,
            actor_kind=who,
            reason=reason if who in ANSWERABLE else "",
            created_at=now,
        ).save()

    def table(self) -> str:
        """Return the edges as text, one a line, for docs and for the eye."""
        return "\n".join(
            f"{item.source:>18} --{item.action}({'|'.join(sorted(item.who))})--> "
            f"{item.target}"
            for item in self.edges
        )
