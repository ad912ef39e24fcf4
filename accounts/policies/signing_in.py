"""Who gets in, and who has to prove more than one thing."""

from __future__ import annotations

from datetime import timedelta


def may_sign_in(*, is_active: bool) -> bool:
    """Say whether a person who proved who they are gets tokens."""
    return is_active


NEW_DEVICE, SILENCE, LOST = "new_device", "silence", "lost"

SILENT_AFTER = timedelta(days=90)
"""Operators give a number away after some months without a call."""


def second_proof_reason(
    *,
    is_lost: bool,
    is_at_stake: bool,
    has_history: bool,
    knows_device: bool,
    silent_for: timedelta | None,
) -> str | None:
    """Return why one proof is not enough to open an account, None when it is.

    A code proves a SIM, a letter a mailbox. *silent_for* is how long nobody used the
    account, None when no session is left to tell: whoever has the number by then reads
    nothing of what the account remembers. *has_history* is whether it remembers anything.
    """
    if is_lost:
        return LOST
    if is_at_stake and not knows_device:
        return NEW_DEVICE
    is_silent = silent_for is None or silent_for >= SILENT_AFTER
    if is_silent and (is_at_stake or has_history):
        return SILENCE
    return None


def takes_over(*, is_at_stake: bool, knows_device: bool) -> bool:
    """Say whether who signs in by a code alone keeps the account to themselves.

    Nothing in it is anybody's yet, and the device is unknown: the SIM may have been sold
    by whoever made the account with it, and keeps nothing of what its next holder builds.
    """
    return not is_at_stake and not knows_device


SAME = {
    "code": frozenset({"sms_code"}),
    "email": frozenset({"email_code"}),
    # Whoever holds an account of the service holds its mailbox as well.
    "external": frozenset({"email_code"}),
    # Asked for more only while it is young: a code set it, and nobody knows which.
    "password": frozenset({"password", "sms_code", "email_code"}),
}


def same_as(given: str, *, is_young: bool = False) -> frozenset[str]:
    """Return the methods that prove nothing more to whoever gave the proof *given*.

    *is_young* is whether a code by SMS may have made that proof what it is, lately.
    """
    return SAME[given] | {"sms_code"} if is_young else SAME[given]
