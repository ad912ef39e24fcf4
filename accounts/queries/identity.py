"""How far people are checked."""

from __future__ import annotations

from uuid import UUID

from accounts.models import (
    IdentityCheck,
    Purpose,
    RoleGrant,
)
from accounts.models.identity_check import digits_digest
from accounts.policies.levels import may_be_paid
from lokahome.core.crypto.lookups import same_digest


def role_levels(user_id: UUID) -> dict[str, int]:
    """Return the person's hats and their levels; empty for somebody unknown."""
    grants = RoleGrant.objects.filter(user_id=user_id)
    return dict(grants.values_list("role", "level"))


def can_be_paid(user_id: UUID) -> bool:
    """Say whether the person's file lets money be paid out to them today."""
    return may_be_paid(role_levels(user_id))


def document_digits_match(user_id: UUID, digits: str) -> bool:
    """Say whether *digits* are the last four of a document that proved who they are.

    The work is the same whether the person is known or not, and whether it fits.
    """
    asked = digits_digest(user_id, digits)
    checks = IdentityCheck.objects.accepted().filter(
        person_id=user_id, purpose=Purpose.IDENTITY
    )
    known = checks.exclude(digits_digest="").values_list("digits_digest", flat=True)
    # No short cut: every document is compared, whichever fits.
    return sum([same_digest(asked, item) for item in known]) > 0
