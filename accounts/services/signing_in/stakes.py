"""What makes an account worth stealing or reading: each app says what it holds of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from accounts.models import Email, IdentityCheck, RoleGrant, User

Holds = Callable[[UUID], bool]
"""Given a person's id: whether this app holds money, a lease or the like of theirs."""

STAKES: dict[str, Holds] = {}
HISTORY: dict[str, Holds] = {}

ONCE_CHECKED = (
    IdentityCheck.Status.SUBMITTED,
    IdentityCheck.Status.SUSPECTED,
    IdentityCheck.Status.ACCEPTED,
    IdentityCheck.Status.EXPIRED,
    IdentityCheck.Status.REVOKED,
)
"""Papers that wait, stand or stood: a card that runs out frees nobody's account."""


def register_stake(name: str, has: Holds) -> None:
    """Let *has* say whether somebody has a stake called *name*; once, in ``apps.ready``.

    Raises TypeError for a name that another function answers already.
    """
    _register(STAKES, name, has)


def register_history(name: str, has: Holds) -> None:
    """Let *has* say whether this app remembers *name* of somebody; see `register_stake`."""
    _register(HISTORY, name, has)


def is_at_stake(user_id: UUID) -> bool:
    """Say whether somebody proved more to this account than a number, or owns in it.

    True for whoever ever had papers accepted, or has some waiting; for a level above 0;
    for a registered stake; and for a credential beside the number.
    """
    return (
        _has_papers(user_id)
        or has_credential(user_id)
        or any(has(user_id) for has in STAKES.values())
    )


def has_history(user_id: UUID) -> bool:
    """Say whether there is anything to read in this account that was its person's."""
    return any(has(user_id) for has in HISTORY.values())


def has_credential(user_id: UUID) -> bool:
    """Say whether the person can sign in, or prove, by more than their number."""
    people = User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return (
        people.filter(pk=user_id).exists()
        or Email.objects.current().filter(user_id=user_id).exists()
        or SocialAccount.objects.filter(user_id=user_id).exists()
    )


def _has_papers(user_id: UUID) -> bool:
    checks = IdentityCheck.objects.filter(person_id=user_id, status__in=ONCE_CHECKED)
    grants = RoleGrant.objects.filter(user_id=user_id, level__gte=1)
    return grants.exists() or checks.exists()


def _register(answers: dict[str, Holds], name: str, has: Holds) -> None:
    if answers.setdefault(name, has) is not has:
        raise TypeError(f"two apps say whether somebody has {name}")
