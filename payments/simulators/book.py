"""The simulator's own book: an append-only SQLite file from which all state is rebuilt.

Triggers refuse UPDATE and DELETE. The file is in WAL mode and every entry is committed
before its effect is visible to anybody, so a killed process loses nothing it answered.
"""

import fcntl
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    gateway TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    reference TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (typeof(amount) = 'integer' AND amount >= 0),
    fee INTEGER NOT NULL CHECK (typeof(fee) = 'integer' AND fee >= 0),
    data TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_reference ON entries (reference);
CREATE TRIGGER IF NOT EXISTS entries_no_update BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the book is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_no_delete BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the book is append-only'); END;
"""

# What an entry of a kind does to the money held; any other kind moves none.
COLLECTED = "transaction.approved"
REFUNDED = "transaction.refunded"
PAID_OUT = "payout.sent"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the book; `amount` and `fee` are francs, 0 where none moved."""

    seq: int
    at: float
    gateway: str
    kind: str
    object_id: int
    reference: str
    amount: int
    fee: int
    data: dict[str, Any]


class BookTaken(RuntimeError):
    """Another process has this book open."""


class Book:
    """Append entries, read them back in order, add them up. One process writes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two writers would each rebuild their own state and give out the same ids. The
        # lock dies with the process, however it dies.
        self._lock = path.with_name(f"{path.name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise BookTaken(f"another simulator writes {path}") from None
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing in WAL; only a power cut could, at NORMAL.
        self._db.execute("PRAGMA synchronous=NORMAL")
        # Without it INSERT OR REPLACE deletes a row past the trigger.
        self._db.execute("PRAGMA recursive_triggers=ON")
        self._db.execute("PRAGMA busy_timeout=5000")
        self._db.executescript(_SCHEMA)

    def append(
        self,
        gateway: str,
        kind: str,
        *,
        object_id: int = 0,
        reference: str = "",
        amount: int = 0,
        fee: int = 0,
        data: dict[str, Any] | None = None,
    ) -> Entry:
        """Write one entry and return it; it is committed when this returns."""
        at = time.time()
        cursor = self._db.execute(
            "INSERT INTO entries (at, gateway, kind, object_id, reference, amount, fee,"
            " data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(at, gateway, kind, object_id, reference, amount, fee),
                json.dumps(data or {}, ensure_ascii=False),
            ),
        )
        return Entry(
            seq=cursor.lastrowid or 0,
            at=at,
            gateway=gateway,
            kind=kind,
            object_id=object_id,
            reference=reference,
            amount=amount,
            fee=fee,
            data=data or {},
        )

    def entries(
        self, *, since: int = 0, reference: str | None = None, limit: int = -1
    ) -> Iterator[Entry]:
        """Yield entries after number `since`, in order."""
        where, values = "seq > ?", [since]
        arguments: list[Any] = values
        if reference is not None:
            where += " AND reference = ?"
            arguments.append(reference)
        for row in self._db.execute(
            f"SELECT * FROM entries WHERE {where} ORDER BY seq LIMIT ?",  # noqa: S608 - our own words
            (*arguments, limit),
        ).fetchall():
            seq, at, gateway, kind, object_id, ours, amount, fee, data = row
            yield Entry(
                seq=seq,
                at=at,
                gateway=gateway,
                kind=kind,
                object_id=object_id,
                reference=ours,
                amount=amount,
                fee=fee,
                data=json.loads(data),
            )

    def totals(self) -> dict[str, int]:
        """Return francs collected, refunded, paid out, the fees kept, and the rest.

        ``net`` is what the gateway owes the merchant: collected − fees − refunded −
        paid out − payout fees.
        """
        sums = {
            kind: (amount, fee, count)
            for kind, amount, fee, count in self._db.execute(
                "SELECT kind, SUM(amount), SUM(fee), COUNT(*) FROM entries"
                " WHERE kind IN (?, ?, ?) GROUP BY kind",
                (COLLECTED, REFUNDED, PAID_OUT),
            )
        }
        nothing = (0, 0, 0)
        collected, fees, charges = sums.get(COLLECTED, nothing)
        refunded, _, refunds = sums.get(REFUNDED, nothing)
        paid_out, payout_fees, payouts = sums.get(PAID_OUT, nothing)
        return {
            "charges": charges,
            "collected": collected,
            "fees": fees,
            "refunds": refunds,
            "refunded": refunded,
            "payouts": payouts,
            "paid_out": paid_out,
            "payout_fees": payout_fees,
            "net": collected - fees - refunded - paid_out - payout_fees,
        }

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        self._lock.close()
