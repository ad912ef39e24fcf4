"""Posting to the ledger: one balanced entry, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.core.request_id import current_request_id
from payments.models import JournalEntry, LedgerAccount
from payments.models.chart import account_code


@dataclass(frozen=True, slots=True)
class Leg:
    """*amount* minor units of *currency* on the account *code* of *party_id*."""

    code: str
    amount: int
    currency: str
    party_id: UUID | None = None


class Unbalanced(ValueError):
    """The legs of an entry do not sum to zero in each currency."""


def leg(
    code: str,
    amount: int,
    currency: str,
    *,
    gateway: str = "",
    party_id: UUID | None = None,
) -> Leg:
    """Return a leg on the account *code* of the chart (debit positive)."""
    return Leg(account_code(code, gateway=gateway), amount, currency, party_id)


_POST = """
WITH entry AS (
  INSERT INTO payments_journalentry
    (id, created_at, kind, charge_id, transfer_id, gateway, gateway_reference, legs,
     occurred_at, request_id)
  VALUES (%(id)s, %(now)s, %(kind)s, %(charge_id)s, %(transfer_id)s, %(gateway)s,
          %(gateway_reference)s, %(legs)s, %(occurred_at)s, %(request_id)s)
  RETURNING id)
INSERT INTO payments_posting (id, created_at, entry_id, account_id, amount)
SELECT leg.id, %(now)s::timestamptz, entry.id, leg.account_id, leg.amount
FROM entry, unnest(%(ids)s::uuid[], %(accounts)s::uuid[], %(amounts)s::bigint[])
  AS leg (id, account_id, amount)
"""


def post_entry(
    *,
    kind: JournalEntry.Kind,
    legs: Sequence[Leg],
    gateway: str,
    gateway_reference: str,
    occurred_at: datetime,
    charge_id: UUID | None = None,
    transfer_id: UUID | None = None,
) -> UUID:
    """Append one entry with its *legs*; return its id. Call it inside a transaction.

    Raises Unbalanced before the database has to, and IntegrityError when this kind of
    entry exists already for the gateway's reference, the charge or the transfer.
    """
    sums: dict[str, int] = {}
    for item in legs:
        sums[item.currency] = sums.get(item.currency, 0) + item.amount
    if len(legs) < 2 or any(sums.values()) or not all(item.amount for item in legs):
        raise Unbalanced(f"{kind}: {sums}")
    accounts = account_ids(legs)
    entry_id = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _POST,
            {
                "id": entry_id,
                "now": clock.now(),
                "kind": kind.value,
                "charge_id": charge_id,
                "transfer_id": transfer_id,
                "gateway": gateway,
                "gateway_reference": gateway_reference,
                "legs": len(legs),
                "occurred_at": occurred_at,
                "request_id": current_request_id(),
                "ids": [uuid7() for _ in legs],
                "accounts": accounts,
                "amounts": [item.amount for item in legs],
            },
        )
    return entry_id


def account_ids(legs: Sequence[Leg]) -> list[UUID]:
    """Return the account of each leg, opened at its first use."""
    wanted = {(item.code, item.party_id, item.currency) for item in legs}
    known = _existing(wanted)
    missing = [key for key in wanted if key not in known]
    if missing:
        LedgerAccount.objects.bulk_create(
            [
                LedgerAccount(code=code, party_id=party_id, currency=currency)
                for code, party_id, currency in sorted(missing, key=str)
            ],
            ignore_conflicts=True,  # another process may open the same one now
        )
        known = _existing(wanted)
    return [known[item.code, item.party_id, item.currency] for item in legs]


def _existing(
    wanted: set[tuple[str, UUID | None, str]],
) -> dict[tuple[str, UUID | None, str], UUID]:
    rows = LedgerAccount.objects.filter(code__in={key[0] for key in wanted})
    parties = {key[1] for key in wanted if key[1] is not None}
    rows = rows.filter(party_id__in=parties) | rows.filter(party_id__isnull=True)
    return {(row.code, row.party_id, row.currency): row.pk for row in rows}
