"""Personal data as staff see it by default: masked."""

from __future__ import annotations

from lokahome.core.names import initials
from lokahome.core.phones import mask_phone


def masked_phone(phone: str | None) -> str:
    """Return *phone* with its middle hidden, or a dash."""
    return mask_phone(phone) if phone else "—"


def masked_text(text: str) -> str:
    """Return that there is a *text*, and nothing of it; a dash where there is none."""
    return "••••" if text else "—"


def masked_email(address: str | None) -> str:
    """Return the first letter of *address* and where it is read, or a dash."""
    name, _at, host = (address or "").partition("@")
    return f"{name[:1]}•••@{host}" if host else "—"


def masked_name(name: str) -> str:
    """Return the initials of *name* (``A. K.``), or a dash."""
    return initials(name) or "—"
