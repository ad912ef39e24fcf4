"""Who may do what with messages: pure predicates over plain values."""

from __future__ import annotations

from collections.abc import Collection

RESEND = "messaging.resend_outgoingmessage"
READ_FOR_CASE = "messaging.view_case_conversation"
STUCK = frozenset({"failed", "given_up"})


def may_resend(
    *,
    is_active: bool,
    is_staff: bool,
    permissions: Collection[str],
    status: str,
    is_code: bool,
) -> bool:
    """Say whether somebody may have a message tried again.

    Never a code: its ten minutes are over, and its person asks for another one.
    """
    allowed = is_active and is_staff and RESEND in permissions
    return allowed and status in STUCK and not is_code


def may_read_for_case(
    *,
    is_active: bool,
    is_staff: bool,
    permissions: Collection[str],
    is_case_open: bool,
    is_named: bool,
    is_concerned: bool,
) -> bool:
    """Say whether a member of staff may read a conversation because of a case.

    Only while the case is open, and only the conversation that it names: people write
    to each other, not to us. Never in a matter of one's own (*is_concerned*).
    """
    allowed = is_active and is_staff and READ_FOR_CASE in permissions
    return allowed and is_case_open and is_named and not is_concerned
