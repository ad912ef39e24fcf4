"""Checking what clients send, and the shapes of single and listed answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from payments.simulators.fedapay.outcomes import national
from payments.simulators.fedapay.wire import PAYOUT_MODES, WireError, page_of
from payments.simulators.hostile import Reply

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read."""

    name: str
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    origin: str


def single(name: str, number: int, row: dict[str, Any], status: int = 200) -> Reply:
    """Return one object under its key with a slash."""
    return Reply(status, {f"v1/{name}": row}, f"{name}/{number}")


def listed(
    call: Call,
    plural: str,
    rows: Iterable[Row],
    show: Callable[[Row], dict[str, Any]],
    words: Callable[[Row], str] = str,
) -> Reply:
    """Return a page, newest first; ``search`` matches inside `words` of a row."""
    wanted = call.query.get("search", "")
    found = [row for row in rows if not wanted or wanted in words(row)][::-1]
    page = _number_in(call.query.get("page"), 1, 1_000_000)
    size = _number_in(call.query.get("per_page") or call.query.get("limit"), 25, 100)
    start = (page - 1) * size
    shown = [show(row) for row in found[start : start + size]]
    return Reply(200, page_of(plural, shown, page, size, total=len(found)))


def number_of(body: dict[str, Any]) -> Any:
    """Return the phone number a body (or its first payout) carries, unchecked."""
    payouts = body.get("payouts")
    if isinstance(payouts, list) and payouts and isinstance(payouts[0], dict):
        body = payouts[0]
    phone = body.get("phone_number")
    return phone.get("number") if isinstance(phone, dict) else None


def checked_number(body: dict[str, Any]) -> str:
    """Return the eight national digits. Raises `WireError` 422."""
    number = national(number_of(body))
    country = (body.get("phone_number") or {}).get("country") if number else None
    # The wrong case of the country was refused (integrators).
    if number is None or country != "bj":
        raise WireError(422, "Numéro invalide", {"phone_number": ["n'est pas valide"]})
    return number


def charge_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a new transaction. Raises `WireError` 422 with a map."""
    errors = _common_errors(body)
    callback = body.get("callback_url")
    if callback is not None and not str(callback).startswith(("http://", "https://")):
        errors["callback_url"] = ["n'est pas une adresse"]
    metadata = body.get("custom_metadata")
    if metadata is not None and not isinstance(metadata, dict):
        errors["custom_metadata"] = ["n'est pas un objet"]
    _refuse(errors)
    return {
        **_common(body),
        "callback_url": callback,
        "custom_metadata": metadata or {},
    }


def payout_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a new payout. Raises `WireError` 422 with a map."""
    errors = _common_errors(body)
    if body.get("mode") not in PAYOUT_MODES:
        errors["mode"] = ["n'est pas valide"]
    _refuse(errors)
    return {**_common(body), "mode": body["mode"]}


def _common(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "amount": body["amount"],
        "currency": "XOF",
        "description": body["description"],
        "merchant_reference": body.get("merchant_reference") or "",
    }


def _common_errors(body: dict[str, Any]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    amount = body.get("amount")
    if type(amount) is not int or not 100 <= amount <= 10_000_000:
        errors["amount"] = ["n'est pas un entier entre 100 et 10 000 000"]
    currency = body.get("currency")
    if not isinstance(currency, dict) or currency.get("iso") != "XOF":
        errors["currency"] = ["n'est pas valide"]
    if not isinstance(body.get("description"), str) or not body["description"]:
        errors["description"] = ["est obligatoire"]
    reference = body.get("merchant_reference")
    if reference is not None and (
        not isinstance(reference, str) or not 0 < len(reference) <= 190
    ):
        errors["merchant_reference"] = ["n'est pas valide"]
    return errors


def _refuse(errors: dict[str, list[str]]) -> None:
    if errors:
        raise WireError(422, "Certaines valeurs sont invalides", errors)


def _number_in(text: str | None, default: int, most: int) -> int:
    if text is None or not text.isascii() or not text.isdigit():
        return default
    return max(1, min(int(text), most))
