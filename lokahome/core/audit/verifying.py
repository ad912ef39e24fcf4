"""Reading the whole chain again: what was altered, taken out, put in, or cut off."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from lokahome.core.audit.anchors import Anchor, Head
from lokahome.core.audit.chain import (
    GENESIS,
    SOURCES,
    entry_line,
    keys,
    row_digest,
    seal_of,
)
from lokahome.core.audit.explaining import explained
from lokahome.core.audit.models import AuditEntry, AuditSeal
from lokahome.core.audit.sealing import first_id_at, unsealed

WINDOW = timedelta(seconds=60)
"""What is younger may not be sealed yet."""
LONGEST = timedelta(minutes=10)
"""No transaction lasts that long: a row older than this when the seal before its own was
made was put in by hand, with a date of the past."""
PAUSE = timedelta(minutes=5)
"""Between two seals; a quiet platform seals that it is quiet (`sealing.QUIET_FOR`)."""
CHUNK = 5_000
GAPS = frozenset({"sealing_paused", "row_sealed_late"})
"""Kinds of findings that an outage makes as well as a hand: a person says which."""
MOST_ROWS = 20_000
"""What a look at the end of the chain reads at most: about ten seconds' work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed: which kind, where, and what."""

    kind: str
    where: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.where} {self.detail}".strip()


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the log found, and the gaps that somebody answered for."""

    findings: list[Finding]
    explained: list[Finding]


def verify(
    *, now: datetime, place: Anchor | None, newest_seals: int | None = None
) -> list[Finding]:
    """Return what is wrong with the log, an empty list when nothing is; see `look`."""
    return look(now=now, place=place, newest_seals=newest_seals).findings


def look(
    *, now: datetime, place: Anchor | None, newest_seals: int | None = None
) -> Look:
    """Read the log and say what is wrong with it, and what was explained.

    *place* is asked for the heads that it remembers. *newest_seals* reads the end of
    the chain alone: the periodic look. All of it costs one pass over the log.
    """
    seals = AuditSeal.objects.order_by("-position")
    if newest_seals is not None:
        seals = seals[:newest_seals]
    chain = sorted(seals, key=lambda seal: seal.position)
    if newest_seals is not None and not chain and not (place and place.newest()):
        return Look([], [])  # sealing has never begun here
    is_whole = newest_seals is None or len(chain) < newest_seals
    if newest_seals is not None and chain:
        first = chain[-1].last_entry - MOST_ROWS
        is_whole = is_whole and first < chain[0].last_entry
        chain = [seal for seal in chain if seal.last_entry > first]
    found = list(_seals(chain, is_whole=is_whole))
    found += _entries(chain)
    found, told = _without_explained([*found, *_pauses(chain)], chain)
    found += _unsealed(now, is_whole=is_whole)
    if place is not None:
        found += _anchored(chain, place, now, is_whole=is_whole)
    return Look(found, told)


def gaps_at(position: int) -> tuple[AuditSeal | None, list[Finding]]:
    """Return the seal at *position*, and the gaps that are found before it."""
    chain = list(
        AuditSeal.objects.filter(position__in=(position - 1, position)).order_by(
            "position"
        )
    )
    if not chain or chain[-1].position != position:
        return None, []
    found = [*_entries(chain, until=chain[-1].last_entry), *_pauses(chain)]
    where = f"seal:{position}"
    gaps = [item for item in found if item.kind in GAPS and item.where == where]
    return chain[-1], gaps


def _seals(chain: list[AuditSeal], *, is_whole: bool) -> Iterator[Finding]:
    """Compare each seal with its HMAC and with the one before."""
    known = keys()
    for seal in chain:
        where = f"seal:{seal.position}"
        key = known.get(seal.key_id)
        if key is None:
            yield Finding("unknown_key", where, seal.key_id)
        elif not hmac.compare_digest(seal_of(seal, key), seal.seal):
            yield Finding("seal_altered", where)
    if is_whole and chain:
        first = chain[0]
        if (first.position, first.first_entry, first.previous) != (1, 1, GENESIS):
            yield Finding("beginning_missing", f"seal:{first.position}")
    for before, after in pairwise(chain):
        linked = (
            after.position == before.position + 1
            and after.first_entry == before.last_entry + 1
            and after.previous == before.seal
        )
        if not linked:
            yield Finding("chain_broken", f"seal:{after.position}")


def _pauses(chain: list[AuditSeal]) -> Iterator[Finding]:
    """Find where sealing was withheld: what stood unsealed could be anybody's work.

    Found for ever, not while it lasts: whoever keeps the job from its lock, alters what
    waits and lets go again leaves a chain that holds, and this gap.
    """
    for before, after in pairwise(chain):
        gap = after.created_at - before.created_at
        if gap > PAUSE:
            seconds = int(gap.total_seconds())
            yield Finding("sealing_paused", f"seal:{after.position}", f"{seconds} s")


def _without_explained(
    found: list[Finding], chain: list[AuditSeal]
) -> tuple[list[Finding], list[Finding]]:
    """Part the gaps that somebody answered for, in the log itself, from the rest."""
    gaps = {(item.kind, item.where) for item in found if item.kind in GAPS}
    reasons = explained(gaps, chain) if gaps else {}
    told: dict[tuple[str, str], Finding] = {}
    left = []
    for item in found:
        gap = item.kind, item.where
        if gap in reasons:  # once, though many rows waited
            said = replace(item, detail=f"{item.detail}: {reasons[gap]}")
            told.setdefault(gap, said)
        else:
            left.append(item)
    return left, [*told.values()]


Line = tuple[int, str, UUID, str]
Placed = tuple[Line, AuditSeal, datetime | None]
"""An entry, the seal over it, and when the seal before was made."""


def _entries(chain: list[AuditSeal], *, until: int | None = None) -> Iterator[Finding]:
    """Compare the entries of each seal with its digest, and each row with its entry.

    *until* is the last entry that is read: without it, all that follow.
    """
    seals = iter(chain)
    seal, digest = next(seals, None), hashlib.sha256()
    before: datetime | None = None
    waiting: list[Placed] = []
    rows = AuditEntry.objects.order_by("position")
    rows = rows.filter(position__gte=seal.first_entry) if seal else rows
    rows = rows.filter(position__lte=until) if until is not None else rows
    lines = rows.values_list("position", "source", "row_id", "digest")
    for line in lines.iterator(chunk_size=CHUNK):
        while seal is not None and line[0] > seal.last_entry:
            yield from _closed(seal, digest)
            before, digest, seal = seal.created_at, hashlib.sha256(), next(seals, None)
        if seal is None:
            yield Finding("entry_without_seal", f"entry:{line[0]}")
            continue
        digest.update(entry_line(*line))
        waiting.append((line, seal, before))
        if len(waiting) == CHUNK:
            yield from _rows(waiting)
            waiting = []
    while seal is not None:
        yield from _closed(seal, digest)
        digest, seal = hashlib.sha256(), next(seals, None)
    yield from _rows(waiting)


def _closed(seal: AuditSeal, digest: Any) -> Iterator[Finding]:
    if digest.hexdigest() != seal.entries_digest:
        yield Finding("entries_altered", f"seal:{seal.position}")


def _rows(batch: list[Placed]) -> Iterator[Finding]:
    """Compare rows with their entries, and their times with those of the seals."""
    for source, (model, fields) in SOURCES.items():
        wanted = {
            line[2]: (line[3], seal, before)
            for line, seal, before in batch
            if line[1] == source
        }
        rows: Any = model._default_manager.filter(pk__in=wanted)
        met = set()
        for row in rows.values_list(*fields):
            met.add(row[0])
            digest, seal, before = wanted[row[0]]
            if row_digest(source, row) != digest:
                yield Finding("row_altered", f"{source}:{row[0]}")
            elif before and min(row[1], made_at(row[0])) < before - LONGEST:
                yield Finding("row_backdated", f"{source}:{row[0]}")
            elif before and max(row[1], made_at(row[0])) < seal.created_at - LONGEST:
                # It was somewhere else while other rows were sealed, or nothing was.
                where = f"seal:{seal.position}"
                yield Finding("row_sealed_late", where, f"{source}:{row[0]}")
        for row_id in wanted.keys() - met:
            yield Finding("row_missing", f"{source}:{row_id}")


def made_at(row_id: UUID) -> datetime:
    """Return the moment that a UUIDv7 holds."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1_000, tz=UTC)


def _unsealed(now: datetime, *, is_whole: bool) -> Iterator[Finding]:
    """Find rows that were never sealed though they look older than the window.

    Rows that were put in later with an old date are among them. By id and by their own
    date: both would have to be forged to fit a seal that is closed.
    """
    since = None if is_whole else now - timedelta(hours=1)
    for source in SOURCES:
        rows = unsealed(source, since=since).order_by("pk")
        old = rows.filter(pk__lt=first_id_at(now - WINDOW)) | rows.filter(
            created_at__lt=now - WINDOW
        )
        for row_id in old.values_list("pk", flat=True)[:CHUNK]:
            yield Finding("row_unsealed", f"{source}:{row_id}")


def _anchored(
    chain: list[AuditSeal], place: Anchor, now: datetime, *, is_whole: bool
) -> Iterator[Finding]:
    """Compare the chain with the heads outside the database."""
    here = {seal.position: seal for seal in chain}
    last = chain[-1].position if chain else 0
    newest = place.newest()
    for text in place.torn() if is_whole else ():
        yield Finding("anchor_torn", "anchor", text)
    heads: Iterator[Head] | list[Head] = place.heads()
    if not is_whole:
        heads = [newest] if newest else []
    anchored = 0
    for head in heads:
        anchored = max(anchored, head.position)
        seal = here.get(head.position)
        if head.position > last:
            # Sealed and anchored since the chain was read: look once more.
            if AuditSeal.objects.filter(position=head.position, seal=head.seal):
                continue
            yield Finding("tail_cut", f"seal:{head.position}", "anchored, not here")
        elif seal is None:
            if is_whole:
                yield Finding("seal_missing", f"seal:{head.position}")
        elif seal.seal != head.seal:
            yield Finding("chain_rewritten", f"seal:{head.position}")
    for seal in chain:
        if seal.position > anchored and seal.created_at < now - WINDOW:
            yield Finding("not_anchored", f"seal:{seal.position}")
