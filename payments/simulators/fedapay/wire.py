"""FedaPay's JSON: envelopes with a slash in the key, lists with meta, errors, webhooks.

Shapes from the Node SDK 1.2.5 tests, the PHP fixtures and a live object published by an
integrator (``commission`` a string rate, ``fees`` and amounts integers of francs).
"""

import hashlib
import hmac
import json
from typing import Any

from payments.simulators.fedapay.records import Event, Payout, Transaction, stamp

COLLECT_MODES = frozenset({"mtn_open", "mtn", "mtn_ecw", "moov", "sbin", "momo_test"})
PAYOUT_MODES = frozenset({"mtn", "mtn_open", "moov", "sbin", "momo_test"})
XOF_ID = 1
CURRENCY = {"klass": "v1/currency", "id": XOF_ID, "iso": "XOF", "code": 952}
_TIMES = ("approved", "canceled", "declined", "refunded", "transferred", "expired")


class WireError(Exception):
    """An error answer: status, French message, errors by field."""

    def __init__(
        self, status: int, message: str, errors: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.payload: dict[str, Any] = {"message": message}
        if errors:
            self.payload["errors"] = errors


def collect_fee(amount: int) -> int:
    """Return 1.8 % of `amount`, half a franc up.

    The rate is published; the rounding is not (a live charge of 100 F showed 2 F, which
    fits both half-up and always-up). The merchant bears it here.
    """
    return (amount * 18 + 500) // 1000


def payout_fee(amount: int) -> int:
    """Return the fixed fee of a payout (secondary document of July 2026)."""
    steps = ((10_000, 150), (50_000, 300), (150_000, 800), (500_000, 2_000))
    return next((fee for most, fee in steps if amount <= most), 2_500)


def transaction(row: Transaction) -> dict[str, Any]:
    """Return a transaction as the API shows it."""
    collected = row.fees is not None
    fee = row.fees or 0
    return {
        "klass": "v1/transaction",
        "id": row.id,
        "reference": row.reference,
        "amount": row.amount,
        "description": row.description,
        "callback_url": row.callback_url,
        "status": row.status,
        "customer_id": None,
        "currency_id": XOF_ID,
        "currency": CURRENCY,
        "mode": row.mode,
        "operation": "payment",
        "metadata": {},
        "custom_metadata": row.custom_metadata,
        "commission": "0.018",
        "fees": row.fees,
        "fixed_commission": 0,
        "amount_transferred": row.amount - fee if collected else None,
        "amount_debited": row.amount if collected else None,
        "merchant_reference": row.merchant_reference or None,
        "receipt_url": None,
        "payment_method_id": None,
        "transaction_key": None,
        "last_error_code": row.last_error_code,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        **_times(row.times, _TIMES),
        "deleted_at": None,
    }


def payout(row: Payout) -> dict[str, Any]:
    """Return a payout as the API shows it."""
    return {
        "klass": "v1/payout",
        "id": row.id,
        "reference": row.reference,
        "amount": row.amount,
        "status": row.status,
        "customer_id": None,
        "currency_id": XOF_ID,
        "currency": CURRENCY,
        "mode": row.mode,
        "description": row.description,
        "commission": None,
        "fees": row.fees,
        "amount_transferred": row.amount,
        "amount_debited": row.amount + row.fees,
        "merchant_reference": row.merchant_reference or None,
        "last_error_code": row.last_error_code,
        "last_error_message": None,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "scheduled_at": None,
        **_times(row.times, ("started", "sent", "failed")),
        "deleted_at": None,
    }


def words(row: Transaction | Payout) -> str:
    """Return what the search looks in; what FedaPay's looks in is not documented."""
    return f"{row.merchant_reference}\n{row.reference}\n{row.description}"


def intent(row: Transaction) -> dict[str, Any]:
    """Return what a push answers (``v1/payment_intent``, Node SDK)."""
    return {
        "klass": "v1/payment_intent",
        "id": row.id * 10 + row.pushes,
        "reference": f"pi_{row.reference[4:]}",
        "amount": row.amount,
        "status": "pending",
        "currency_id": XOF_ID,
        "mode": row.mode,
        "last_error_code": None,
    }


def page_of(
    plural: str, rows: list[dict[str, Any]], page: int, per_page: int, *, total: int
) -> dict[str, Any]:
    """Return one page under its plural key, with meta."""
    pages = max(1, -(-total // per_page))
    return {
        f"v1/{plural}": rows,
        "meta": {
            "current_page": page,
            "next_page": page + 1 if page < pages else None,
            "prev_page": page - 1 if page > 1 else None,
            "per_page": per_page,
            "total_pages": pages,
            "total_count": total,
        },
    }


def webhook_body(event: Event, *, with_id: bool = True) -> bytes:
    """Return the body as bytes with spaces and raw accents.

    A receiver that re-serialises the JSON before verifying the signature fails on it,
    as it may fail on the real one. ``object`` and ``object_id`` were seen live.
    """
    noun = event.name.partition(".")[0]
    payload = {
        **({"id": event.id} if with_id else {}),
        "name": event.name,
        "object": noun,
        "object_id": event.object_id,
        "entity": event.entity,
        "account": {"klass": "v1/account", "id": 1, "name": "Immobilière de Démo"},
    }
    return json.dumps(payload, ensure_ascii=False).encode()


def forged_body(event: Event) -> bytes:
    """Return a body that claims that the object of `event` was paid, or arrived."""
    noun = event.name.partition(".")[0]
    status = "sent" if noun == "payout" else "approved"
    entity = {**event.entity, "status": status}
    forged = Event(
        f"{event.id}_faux",
        f"{noun}.{status}",
        event.object_id,
        event.reference,
        entity,
        event.created_at,
    )
    return webhook_body(forged)


def signed_headers(secret: str, body: bytes, at: int) -> dict[str, str]:
    """Return the headers of a delivery made at `at` (unix seconds)."""
    message = str(at).encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "X-FEDAPAY-SIGNATURE": f"t={at},s={digest}",
    }


def _times(times: dict[str, float], names: tuple[str, ...]) -> dict[str, str | None]:
    keys = [f"{name}_at" for name in names]
    return {key: stamp(times[key]) if key in times else None for key in keys}
