"""Numbers of wallets: encrypted at rest, compared by their digest."""

from __future__ import annotations

from lokahome.core.crypto.lookups import keyed_digest


def wallet_digest(phone: str) -> str:
    """Return the digest of a wallet's number (E.164): the same on charge and transfer."""
    return keyed_digest(phone, purpose="wallet")
