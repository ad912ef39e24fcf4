"""From FedaPay's JSON to our evidence, refusing whatever has the wrong shape.

Objects come under a key with a slash (``v1/transaction``), under the bare word, or flat
(Node SDK and integrators; the API reference prints them flat): all three are read.
Money must be a JSON integer: a string, a decimal, a boolean or a negative number in an
amount is `GatewayUntrusted`, for no rounding of ours could be right.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from payments.gateways.base import (
    ChargeEvidence,
    EvidenceStatus,
    FailureCode,
    Operator,
    PayoutEvidence,
    PayoutStatus,
)
from payments.gateways.errors import GatewayUntrusted

Json = Mapping[str, Any]

# docs.fedapay.com "transactions"; "transferred" is approved and paid to our balance.
CHARGE_STATUSES = {
    "pending": EvidenceStatus.WAITING,
    "approved": EvidenceStatus.PAID,
    "transferred": EvidenceStatus.PAID,
    "declined": EvidenceStatus.FAILED,
    "canceled": EvidenceStatus.FAILED,
    "expired": EvidenceStatus.EXPIRED,
    "refunded": EvidenceStatus.REFUNDED,
    "approved_partially_refunded": EvidenceStatus.PARTLY_REFUNDED,
    "transferred_partially_refunded": EvidenceStatus.PARTLY_REFUNDED,
}
# docs.fedapay.com "payouts"; scheduled and canceled are reported by integrators.
PAYOUT_STATUSES = {
    "pending": PayoutStatus.CREATED,
    "scheduled": PayoutStatus.WAITING,
    "started": PayoutStatus.WAITING,
    "processing": PayoutStatus.WAITING,
    "sent": PayoutStatus.PAID,
    "failed": PayoutStatus.FAILED,
    "canceled": PayoutStatus.FAILED,
}
OPERATORS = {
    "mtn_open": Operator.MTN,
    "mtn": Operator.MTN,
    "mtn_ecw": Operator.MTN,
    "moov": Operator.MOOV,
    "sbin": Operator.CELTIIS,
}
_SETTLED = frozenset({"transferred", "transferred_partially_refunded"})
_LARGEST = 10**12


def one(payload: Any, name: str) -> Json:
    """Return the single object called `name` ("transaction") out of any envelope."""
    if isinstance(payload, Mapping):
        for key in (f"v1/{name}", name):
            if key in payload:
                payload = payload[key]
                break
    if not isinstance(payload, Mapping):
        raise GatewayUntrusted(f"no {name} in the answer")
    klass = payload.get("klass")
    if klass is not None and klass != f"v1/{name}":
        raise GatewayUntrusted(f"the answer holds something else than a {name}")
    return payload


def many(payload: Any, plural: str) -> tuple[list[Any], Json]:
    """Return the rows called `plural` and the paging ``meta`` (empty when absent)."""
    meta: Any = {}
    if isinstance(payload, Mapping):
        meta = payload.get("meta") or {}
        payload = payload.get(f"v1/{plural}", payload.get(plural))
    if not isinstance(payload, list) or not isinstance(meta, Mapping):
        raise GatewayUntrusted(f"no list of {plural} in the answer")
    return payload, meta


def charge(row: Json, currency_ids: Mapping[int, str]) -> ChargeEvidence:
    """Read one transaction."""
    raw_status = text(row, "status") or ""
    status = CHARGE_STATUSES.get(raw_status)
    if status is None:
        raise GatewayUntrusted("a transaction has a status we do not know")
    mode = text(row, "mode")
    method = row.get("payment_method")
    phone = method.get("number") if isinstance(method, Mapping) else None
    raw_code = text(row, "last_error_code")
    return ChargeEvidence(
        gateway_id=identifier(row),
        reference=text(row, "merchant_reference"),
        status=status,
        raw_status=raw_status,
        amount=money(row, "amount"),
        currency=currency(row, currency_ids),
        fee=optional_money(row, "fees"),
        payer_debited=optional_money(row, "amount_debited"),
        net=optional_money(row, "amount_transferred"),
        settled=raw_status in _SETTLED,
        mode=mode,
        operator=OPERATORS.get(mode or ""),
        payer_phone=phone if isinstance(phone, str) else None,
        failure_code=_charge_failure(raw_status, raw_code),
        raw_failure_code=raw_code,
        created_at=moment(row, "created_at"),
        approved_at=moment(row, "approved_at"),
        raw=row,
    )


def payout(row: Json, currency_ids: Mapping[int, str]) -> PayoutEvidence:
    """Read one payout."""
    raw_status = text(row, "status") or ""
    status = PAYOUT_STATUSES.get(raw_status)
    if status is None:
        raise GatewayUntrusted("a payout has a status we do not know")
    mode = text(row, "mode")
    raw_code = text(row, "last_error_code")
    failed = status is PayoutStatus.FAILED
    return PayoutEvidence(
        gateway_id=identifier(row),
        reference=text(row, "merchant_reference"),
        status=status,
        raw_status=raw_status,
        amount=money(row, "amount"),
        currency=currency(row, currency_ids),
        fee=optional_money(row, "fees"),
        mode=mode,
        operator=OPERATORS.get(mode or ""),
        failure_code=(_by_code(raw_code) or FailureCode.UNKNOWN) if failed else None,
        raw_failure_code=raw_code,
        created_at=moment(row, "created_at"),
        sent_at=moment(row, "sent_at"),
        raw=row,
    )


def identifier(row: Json, key: str = "id") -> str:
    """Return FedaPay's numeric id as a string of digits."""
    value = row.get(key)
    if type(value) is int and 0 < value < 2**63:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return str(int(value[:20]))
    raise GatewayUntrusted("an object has no numeric id")


def money(row: Json, key: str) -> int:
    """Return a positive amount of francs; anything but a JSON integer is refused."""
    value = row.get(key)
    # type(), not isinstance(): True is an int to Python.
    if type(value) is not int or not 0 < value <= _LARGEST:
        raise GatewayUntrusted(f"{key} is not a positive integer")
    return value


def optional_money(row: Json, key: str) -> int | None:
    """Return an amount that may be absent or zero, with the same strictness."""
    value = row.get(key)
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise GatewayUntrusted(f"{key} is not an integer")
    return value


def currency(row: Json, currency_ids: Mapping[int, str]) -> str:
    """Return the ISO code, from the expanded object or from FedaPay's currency id."""
    expanded = row.get("currency")
    if isinstance(expanded, Mapping) and isinstance(expanded.get("iso"), str):
        return str(expanded["iso"])
    known = currency_ids.get(row.get("currency_id") or 0)
    if known is None:
        raise GatewayUntrusted("the currency of an object is not known")
    return known


def text(row: Json, key: str) -> str | None:
    """Return a string, None when absent or empty."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise GatewayUntrusted(f"{key} is not a string")
    return value


def moment(row: Json, key: str) -> datetime | None:
    """Return an aware datetime; FedaPay writes ISO 8601 with Z (PHP fixtures)."""
    value = text(row, key)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise GatewayUntrusted(f"{key} is not a date") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _by_code(raw_code: str | None) -> FailureCode | None:
    code = (raw_code or "").upper()
    # INSUFFICIENT_FUND_ERROR seen live on canceled MTN and Moov payments; MTN's own
    # LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED stands behind it (integrators).
    if "INSUFFICIENT" in code or "LOW_BALANCE" in code:
        return FailureCode.INSUFFICIENT_FUNDS
    if "TIMEOUT" in code or "EXPIRED" in code:
        return FailureCode.TIMED_OUT
    return None


def _charge_failure(raw_status: str, raw_code: str | None) -> FailureCode | None:
    if raw_status == "expired":
        return FailureCode.TIMED_OUT
    if raw_status == "declined":
        return _by_code(raw_code) or FailureCode.DECLINED_BY_PAYER
    if raw_status == "canceled":
        return _by_code(raw_code) or FailureCode.UNKNOWN
    return None
