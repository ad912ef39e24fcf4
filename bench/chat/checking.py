"""What PostgreSQL holds beside what every phone saw: lost, twice, out of order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

from bench.chat.phones import Phone
from deploy.throwaway.database import connect

EVENTS = """
SELECT person_id::text, useq, kind, conversation_id::text, seq
FROM messaging_personevent ORDER BY person_id, useq
"""
MESSAGES = """
SELECT conversation_id::text, client_id::text, seq, sender_id::text
FROM messaging_message ORDER BY conversation_id, seq
"""
Place = tuple[int, str, str, int]


@dataclass
class Found:
    """Counts over all phones, and a line for each of the first faults."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    wrong: int = 0
    """Acknowledged but not stored, stored twice, or gaps in a conversation."""
    stored: int = 0
    delivered: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Keep the line, if there are not many yet."""
        if len(self.lines) < 10:
            self.lines.append(line)


def logs(url: str) -> dict[str, list[Place]]:
    """Return every person's log as PostgreSQL has it."""
    found: dict[str, list[Place]] = {}
    with connect(url) as connection:
        for person, *place in connection.execute(EVENTS).fetchall():
            found.setdefault(str(person), []).append(cast("Place", tuple(place)))
    return found


def compare(seen: Sequence[Place], kept: Sequence[Place], found: Found) -> None:
    """Hold what one phone saw against its person's log; adds to *found*."""
    times: dict[Place, int] = {}
    for place in seen:
        times[place] = times.get(place, 0) + 1
    missing = [place for place in kept if place not in times]
    strange = [place for place in times if place not in set(kept)]
    found.lost += len(missing)
    found.doubled += sum(count - 1 for count in times.values())
    found.wrong += len(strange)
    numbers = [useq for useq, *_rest in seen]
    found.out_of_order += sum(
        1 for before, after in pairwise(numbers) if after < before
    )
    if missing:
        found.note(f"{len(missing)} events lost, the first is {missing[0]}")
    if strange:
        found.note(f"{len(strange)} events that are not in the log: {strange[0]}")


def check(phones: Sequence[Phone], url: str) -> Found:
    """Compare every phone with PostgreSQL, and the conversations with themselves."""
    found = Found()
    kept = logs(url)
    for phone in phones:
        compare(phone.notes.events, kept.get(phone.person_id, []), found)
        found.delivered += len(phone.notes.heard)
    with connect(url) as connection:
        rows = connection.execute(MESSAGES).fetchall()
    found.stored = len(rows)
    places: dict[str, list[int]] = {}
    stored: dict[tuple[str, str], list[int]] = {}
    for conversation, client_id, seq, sender in rows:
        places.setdefault(str(conversation), []).append(int(str(seq)))
        stored.setdefault((str(sender), str(client_id)), []).append(int(str(seq)))
    for conversation, numbers in places.items():
        if numbers != list(range(1, len(numbers) + 1)):
            found.wrong += 1
            found.note(f"{conversation} is not numbered 1, 2, 3…")
    for phone in phones:
        for client_id, (seq, _at) in phone.notes.acked.items():
            if stored.get((phone.person_id, client_id)) != [seq]:
                found.wrong += 1
                found.note(
                    f"{client_id} was acknowledged as {seq} and is not stored so"
                )
    return found
