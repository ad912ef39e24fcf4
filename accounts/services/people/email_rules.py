"""Which e-mail addresses we write to: those that any mail server can deliver.

Narrower than RFC 5321 on purpose. Quoted names, addresses of machines and letters beyond
ASCII are legal and nobody's mailbox here; each is a way to make two addresses look alike,
or to write a header of ours.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.errors import FieldError, InvalidInput

LONGEST = 254
LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9]")
NOT_OUTSIDE = frozenset(
    {"arpa", "home", "internal", "invalid", "lan", "local", "localhost", "onion"}
)
"""Ends of names that no mail server of the world is found by."""


class AddressRefused(InvalidInput):
    """The e-mail address cannot be delivered to, or is not written plainly."""

    code = "email.address_refused"
    title = gettext_lazy("Cette adresse de courriel n’est pas valable")


def clean_address(text: str) -> str:
    """Return *text* as the address is kept: in lower case. Raises AddressRefused."""
    address = text.strip().lower() if text.isascii() else ""
    local, at, domain = address.partition("@")
    if not (at and len(address) <= LONGEST and _is_local(local) and _is_domain(domain)):
        detail = _("Vérifiez l’adresse, par exemple ama@exemple.bj.")
        raise AddressRefused(errors=[FieldError("invalid", detail, "/address")])
    return address


def _is_local(local: str) -> bool:
    return len(local) <= 64 and LOCAL.fullmatch(local) is not None


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return (
        len(labels) >= 2
        and all(LABEL.fullmatch(label) for label in labels)
        and TOP.fullmatch(labels[-1]) is not None
        and labels[-1] not in NOT_OUTSIDE
    )
