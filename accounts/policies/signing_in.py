"""Who gets in, and who has to prove more than a SIM."""

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
    knows_device: bool,
    silent_for: timedelta | None,
) -> str | None:
    """Return why a right code is not enough to open an account, None when it is.

    A code proves a SIM. *silent_for* is how long nobody used the account, None when no
    session is left to tell.
    """
    if is_lost:
        return LOST
    if not is_at_stake:
        return None
    if not knows_device:
        return NEW_DEVICE
    if silent_for is None or silent_for >= SILENT_AFTER:
        return SILENCE
    return None


SAME = {
    "code": frozenset({"sms_code"}),
    "email": frozenset({"email_code"}),
    # Whoever holds an account of the service holds its mailbox as well.
    "external": frozenset({"email_code"}),
}


def same_as(given: str) -> frozenset[str]:
    """Return the methods that prove nothing more to whoever gave the proof *given*."""
    return SAME[given]
