"""Phone numbers: one E.164 form for every way of writing one.

Benin's plan of 30 November 2024 prefixed every 8-digit number with ``01``; the leading
zero belongs to E.164 (``+2290197000000``). People and operators still write the old
form, so it is accepted and brought to the new one.
"""

import re

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _

from lokahome.core.errors import InvalidInput

OLD_MOBILE = re.compile(r"^(?:2[5-9]|[4-69]\d)\d{6}$")
SEPARATORS = re.compile(r"[\s.\-()/\u00a0\u202f]+")

_OPERATORS = {
    "mtn": "42 46 50 51 52 53 54 56 57 59 61 62 66 67 69 90 91 96 97",
    "moov": "45 55 58 60 63 64 65 68 94 95 98 99",
    "celtiis": "40 41 43 44 47 48",
}
OPERATOR_BY_PREFIX = {
    f"+22901{prefix}": operator
    for operator, prefixes in _OPERATORS.items()
    for prefix in prefixes.split()
}
"""Operator by the first two digits after 01 (libphonenumber ranges and carriers)."""


class InvalidPhone(InvalidInput):
    """The text is not a phone number of an allowed country."""

    code = "phone.invalid"

    def default_detail(self) -> str:
        return _("Ce numéro de téléphone n’est pas valide.")


def normalise_phone(raw: str, *, countries: tuple[str, ...] | None = None) -> str:
    """Return *raw* as E.164, at most 16 characters, leading ``+`` included.

    Accepts ``97000000``, ``+22997000000``, ``0022997000000``, ``01 97 00 00 00``,
    ``2290197000000`` and numbers of the allowed *countries* (ISO codes; default
    ``settings.PHONE_COUNTRIES``) in international form. Raises InvalidPhone.
    """
    allowed = countries or tuple(settings.PHONE_COUNTRIES)
    text = SEPARATORS.sub("", raw or "")
    if len(text) > 20 or not re.fullmatch(r"\+?\d{8,19}", text, flags=re.ASCII):
        raise InvalidPhone
    if text.startswith("00"):
        text = "+" + text[2:]
    if text.startswith("229") and len(text) in (11, 13):
        text = "+" + text
    national = text.removeprefix("+229")
    if (national != text or not text.startswith("+")) and OLD_MOBILE.match(national):
        text = f"+22901{national}"
    try:
        number = phonenumbers.parse(text, "BJ")
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone from error
    region = phonenumbers.region_code_for_number(number)
    if region not in allowed or not phonenumbers.is_valid_number(number):
        raise InvalidPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def guess_operator(phone: str) -> str | None:
    """Return ``mtn``, ``moov``, ``celtiis`` or None for an E.164 *phone*.

    A proposal only, never a decision: the payer can always choose another wallet.
    """
    return OPERATOR_BY_PREFIX.get(phone[:8])


def mask_phone(phone: str) -> str:
    """Return *phone* with all but its country and last two digits hidden."""
    return f"{phone[:4]} •••• {phone[-2:]}" if len(phone) > 6 else "••••"


def display_phone(phone: str) -> str:
    """Return a Benin *phone* as ``01 97 00 00 00``, others in international form."""
    if phone.startswith("+229") and len(phone) == 14:
        national = phone[4:]
        return " ".join(national[i : i + 2] for i in range(0, 10, 2))
    return phone
