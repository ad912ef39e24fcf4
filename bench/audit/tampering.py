"""What a superuser of the database can do to the audit log, past triggers and grants.

Each function does one thing to a log that is sealed, on the owner's own connection, and
says what it did. The test and `bench/audit` ask afterwards whether it is found.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection, sql

from lokahome.core import clock
from lokahome.core.audit.chain import FORM
from lokahome.core.audit.explaining import EXPLAINED, proof_of
from lokahome.core.audit.models import AuditEvent, AuditSeal
from lokahome.core.audit.record import record
from lokahome.core.audit.sealing import first_id_at, note_quiet, seal_next
from lokahome.core.audit.verifying import GAPS

Tamper = Callable[[Connection[Any], random.Random], str]
TABLES = ("core_auditevent", "core_statechange", "core_auditentry", "core_auditseal")


def disarm(owner: Connection[Any], *, armed: bool = False) -> None:
    """Take the triggers away that refuse changes, or put them back."""
    verb = sql.SQL("ENABLE" if armed else "DISABLE")
    for table in TABLES:
        owner.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER written_once").format(
                sql.Identifier(table), verb
            )
        )


def _one(owner: Connection[Any], table: str, dice: random.Random) -> uuid.UUID:
    count: Any = owner.execute(
        sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    ).fetchone()
    row: Any = owner.execute(
        sql.SQL("SELECT id FROM {} ORDER BY id OFFSET %s LIMIT 1").format(
            sql.Identifier(table)
        ),
        [dice.randrange(count[0])],
    ).fetchone()
    chosen: uuid.UUID = row[0]
    return chosen


def _edit(table: str, column: str, value: str) -> Tamper:
    def tamper(owner: Connection[Any], dice: random.Random) -> str:
        row = _one(owner, table, dice)
        owner.execute(
            sql.SQL("UPDATE {} SET {} = {} WHERE id = %s").format(
                sql.Identifier(table), sql.Identifier(column), sql.SQL(value)
            ),
            [row],
        )
        return f"{table}.{column}"

    return tamper


def delete_row(owner: Connection[Any], dice: random.Random) -> str:
    """Take a deed out, and leave its entry."""
    row = _one(owner, "core_auditevent", dice)
    owner.execute("DELETE FROM core_auditpersonaldata WHERE event_id = %s", [row])
    owner.execute("DELETE FROM core_auditevent WHERE id = %s", [row])
    return "row deleted"


def delete_row_and_entry(owner: Connection[Any], dice: random.Random) -> str:
    """Take a deed out with its entry."""
    row = _one(owner, "core_auditevent", dice)
    owner.execute("DELETE FROM core_auditpersonaldata WHERE event_id = %s", [row])
    owner.execute("DELETE FROM core_auditevent WHERE id = %s", [row])
    owner.execute("DELETE FROM core_auditentry WHERE row_id = %s", [row])
    return "row and entry deleted"


def edit_row_and_entry(owner: Connection[Any], dice: random.Random) -> str:
    """Alter a deed, and give its entry another digest."""
    row = _one(owner, "core_auditevent", dice)
    owner.execute(
        "UPDATE core_auditevent SET reason = reason || '.' WHERE id = %s", [row]
    )
    digest = hashlib.sha256(f"{FORM}{row}".encode()).hexdigest()
    owner.execute(
        "UPDATE core_auditentry SET digest = %s WHERE row_id = %s", [digest, row]
    )
    return "row and entry altered"


def insert_row(owner: Connection[Any], dice: random.Random) -> str:
    """Put in a deed that nobody did, dated in the past."""
    then = clock.now() - timedelta(minutes=dice.randrange(5, 100_000))
    made = uuid.UUID(int=first_id_at(then).int | dice.getrandbits(60))
    owner.execute(
        "INSERT INTO core_auditevent"
        " (id, created_at, action, subject, reason, details, request_id)"
        " VALUES (%s, %s, 'staff.entered', 'user:1', '', '{}', '')",
        [made, then],
    )
    return "row inserted"


def insert_entry(owner: Connection[Any], dice: random.Random) -> str:
    """Put an entry behind the last one."""
    owner.execute(
        "INSERT INTO core_auditentry (id, created_at, position, source, row_id, digest)"
        " SELECT %s, now(), max(position) + 1, 'event', %s, 'x' FROM core_auditentry",
        [uuid.UUID(int=dice.getrandbits(128)), uuid.UUID(int=dice.getrandbits(128))],
    )
    return "entry inserted"


def swap_rows(owner: Connection[Any], dice: random.Random) -> str:
    """Let two deeds change their authors, objects and acts."""
    one, other = (_one(owner, "core_auditevent", dice) for _ in range(2))
    while one == other:
        other = _one(owner, "core_auditevent", dice)
    owner.execute(
        "UPDATE core_auditevent e SET subject = o.subject, action = o.action,"
        " actor_id = o.actor_id, created_at = o.created_at FROM core_auditevent o"
        " WHERE (e.id, o.id) IN ((%(a)s, %(b)s), (%(b)s, %(a)s))",
        {"a": one, "b": other},
    )
    return "rows swapped"


def swap_entries(owner: Connection[Any], dice: random.Random) -> str:
    """Let two entries change their places."""
    one, other = (_one(owner, "core_auditentry", dice) for _ in range(2))
    while one == other:
        other = _one(owner, "core_auditentry", dice)
    rows = owner.execute(
        "SELECT id, position FROM core_auditentry WHERE id IN (%s, %s)", [one, other]
    ).fetchall()
    (first, here), (second, there) = rows
    for row, position in ((first, 10**12), (second, here), (first, there)):
        owner.execute(
            "UPDATE core_auditentry SET position = %s WHERE id = %s", [position, row]
        )
    return "entries swapped"


def cut_tail(owner: Connection[Any], dice: random.Random) -> str:
    """Take the last seals away with everything under them, as if it had never been."""
    last: Any = owner.execute("SELECT max(position) FROM core_auditseal").fetchone()
    kept = max(last[0] - dice.randrange(1, 4), 0)
    return _cut(owner, kept)


def _cut(owner: Connection[Any], kept: int) -> str:
    owner.execute("DELETE FROM core_auditpersonaldata")
    for table, source in (("core_auditevent", "event"), ("core_statechange", "state")):
        owner.execute(
            sql.SQL(
                "DELETE FROM {} WHERE id IN (SELECT row_id FROM core_auditentry"
                " WHERE source = %s AND position > coalesce((SELECT last_entry"
                " FROM core_auditseal WHERE position = %s), 0))"
            ).format(sql.Identifier(table)),
            [source, kept],
        )
    owner.execute(
        "DELETE FROM core_auditentry WHERE position > coalesce("
        "(SELECT last_entry FROM core_auditseal WHERE position = %s), 0)",
        [kept],
    )
    owner.execute("DELETE FROM core_auditseal WHERE position > %s", [kept])
    return "tail cut"


def cut_head(owner: Connection[Any], dice: random.Random) -> str:
    """Forget the beginning: the first seal, its entries and their rows."""
    last: Any = owner.execute(
        "SELECT last_entry FROM core_auditseal WHERE position = 1"
    ).fetchone()
    owner.execute("DELETE FROM core_auditpersonaldata")
    owner.execute(
        "DELETE FROM core_auditevent WHERE id IN (SELECT row_id FROM core_auditentry"
        " WHERE source = 'event' AND position <= %s)",
        [last[0]],
    )
    owner.execute("DELETE FROM core_auditentry WHERE position <= %s", [last[0]])
    owner.execute("DELETE FROM core_auditseal WHERE position = 1")
    return "head cut"


def cut_everything(owner: Connection[Any], dice: random.Random) -> str:
    """Empty the whole log."""
    _cut(owner, 0)
    return "everything cut"


EDITS: dict[str, Tamper] = {
    "who": _edit("core_auditevent", "actor_id", "gen_random_uuid()"),
    "what": _edit("core_auditevent", "action", "action || 'x'"),
    "why": _edit("core_auditevent", "reason", "reason || ' '"),
    "when": _edit("core_auditevent", "created_at", "created_at - interval '1 ms'"),
    "details": _edit("core_auditevent", "details", "'{\"amount\": 1}'"),
    "request": _edit("core_auditevent", "request_id", "request_id || 'x'"),
    "state": _edit("core_statechange", "target", "target || 'x'"),
    "entry digest": _edit("core_auditentry", "digest", "md5(digest)"),
    "entry row": _edit("core_auditentry", "row_id", "gen_random_uuid()"),
    "seal": _edit("core_auditseal", "seal", "md5(seal)"),
    "seal time": _edit("core_auditseal", "created_at", "created_at - interval '1 s'"),
    "seal range": _edit("core_auditseal", "last_entry", "last_entry + 1"),
    "seal key": _edit("core_auditseal", "key_id", "'other'"),
}


def withhold(deed: str, *, meanwhile: Callable[[], None] = lambda: None) -> Tamper:
    """Return the tampering that keeps sealing from its lock for an hour meanwhile.

    What is written in that hour is edited, or taken out, while no seal knows it; then
    the job runs again and seals what it finds. *meanwhile* is done before it does.
    """

    def tamper(owner: Connection[Any], dice: random.Random) -> str:
        event = record(
            "bench.withheld", subject="bench:withheld", actor_id=None, reason="vrai"
        )
        if deed == "edit":
            owner.execute(
                "UPDATE core_auditevent SET reason = 'faux' WHERE id = %s", [event.pk]
            )
        else:
            owner.execute("DELETE FROM core_auditevent WHERE id = %s", [event.pk])
        meanwhile()
        later = clock.now() + timedelta(hours=1)
        note_quiet(now=later)
        seal_next(now=later)
        return f"sealing withheld: {deed}"

    return tamper


def explain_forged(owner: Connection[Any], dice: random.Random) -> str:
    """Withhold sealing, and put rows into the log that answer for the gap.

    One beforehand, as whoever edits writes it, and one once the seal exists, with a
    proof by a guessed key under the name of the real one; both are sealed in the end.
    """
    last: Any = owner.execute("SELECT max(position) FROM core_auditseal").fetchone()
    position = last[0] + 1
    withhold("edit", meanwhile=lambda: _explained(position, clock.now(), dice))(
        owner, dice
    )
    gap = AuditSeal.objects.get(position=position)
    proof = proof_of(
        b"guessed" * 6, seal=gap, kinds=GAPS, reason=".", key_id=gap.key_id
    )
    later = gap.created_at + timedelta(seconds=20)
    _explained(position, later, dice, key_id=gap.key_id, proof=proof)
    seal_next(now=later)
    return "gap explained by forged rows"


def _explained(
    position: int, moment: datetime, dice: random.Random, **proof: str
) -> None:
    AuditEvent(
        id=uuid.UUID(int=first_id_at(moment).int | dice.getrandbits(60)),
        created_at=moment,
        action=EXPLAINED,
        subject=f"seal:{position}",
        reason=".",
        details={"kinds": sorted(GAPS), **proof},
    ).save()


TAMPERS: dict[str, Tamper] = {
    **{f"edit: {name}": tamper for name, tamper in EDITS.items()},
    "edit: row and entry": edit_row_and_entry,
    "delete: row": delete_row,
    "delete: row and entry": delete_row_and_entry,
    "insert: row": insert_row,
    "insert: entry": insert_entry,
    "swap: rows": swap_rows,
    "swap: entries": swap_entries,
    "cut: tail": cut_tail,
    "cut: head": cut_head,
    "cut: everything": cut_everything,
    "withhold: edit unsealed": withhold("edit"),
    "withhold: delete unsealed": withhold("delete"),
    "withhold: explain by forgery": explain_forged,
}
"""Name -> what is done. A full rewrite needs the application's code; see `rewrite`."""


def rewrite(*, stolen: bool) -> Tamper:
    """Return the tampering that alters a deed and seals the whole log anew.

    With *stolen*, by the application's own key: only the anchor knows better then.
    """

    def tamper(owner: Connection[Any], dice: random.Random) -> str:
        from django.conf import settings

        row = _one(owner, "core_auditevent", dice)
        owner.execute(
            "UPDATE core_auditevent SET actor_id = NULL, reason = 'moi' WHERE id = %s",
            [row],
        )
        owner.execute("DELETE FROM core_auditentry")
        owner.execute("DELETE FROM core_auditseal")
        key = settings.AUDIT_SEAL_KEY
        try:
            settings.AUDIT_SEAL_KEY = key if stolen else "guessed" * 6
            while seal_next(now=clock.now()) is not None:
                pass
        finally:
            settings.AUDIT_SEAL_KEY = key
        return "everything sealed anew"

    return tamper
