"""Who changes the staff, alone or with somebody else, and which hats are kept apart."""

from __future__ import annotations

from collections.abc import Collection

MANAGE_STAFF = "accounts.manage_staff"
APART = (frozenset({"finance_maker", "finance_checker"}),)
"""Who enters what goes out does not approve it."""
WEIGHTY = frozenset({"lead", "finance_maker", "finance_checker"})
"""Groups that nobody is put into, or taken out of, by one person."""


def may_change_staff(
    *, is_active: bool, is_staff: bool, permissions: Collection[str], is_own: bool
) -> bool:
    """Say whether somebody may change a colleague's account: never one of their own."""
    return is_active and is_staff and MANAGE_STAFF in permissions and not is_own


def change_needs_second_person(
    *, groups: Collection[str], is_superuser: bool, gives_whole_account: bool = False
) -> bool:
    """Say whether a change waits for another lead; *groups* are those before and after.

    An account that breaks the glass weighs as much as any group.
    *gives_whole_account*: whoever holds the new password enrols the factor as well.
    """
    return gives_whole_account or is_superuser or not WEIGHTY.isdisjoint(groups)


def kept_apart(groups: Collection[str]) -> frozenset[str]:
    """Return the groups among *groups* that do not go together, none if all do."""
    return frozenset().union(*(pair for pair in APART if pair <= set(groups)))
