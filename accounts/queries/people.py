"""Names, languages, numbers and addresses of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import (
    Email,
    Phone,
    User,
)
from accounts.models.limits import SETTLES_AFTER
from accounts.models.phone import PhoneQuerySet
from lokahome.core import clock


def person_name(user_id: UUID) -> str:
    """Return the person's name, or an empty string when they gave none."""
    names = User.objects.filter(pk=user_id).values_list("full_name", flat=True)
    return names.first() or ""


def phone_of(user_id: UUID) -> str | None:
    """Return the number at which the person is reached (E.164), or None.

    The one that became theirs last, once it is theirs for 48 hours or the only one:
    signing in by another one changes nothing.
    """
    return _numbers(user_id).values_list("number", flat=True).first()


def reachable_phones(user_id: UUID) -> list[UUID]:
    """Return the ids of all the numbers of the person, the one they are called at first.

    News of the account goes to all of them: a number that somebody slipped in must not
    be the only one that hears.
    """
    return list(_numbers(user_id).values_list("pk", flat=True))


def number_of_reachable(phone_id: UUID) -> str | None:
    """Return the number of a row that still reaches its person, or None."""
    return _reachable().filter(pk=phone_id).values_list("number", flat=True).first()


def _reachable() -> PhoneQuerySet:
    return Phone.objects.reachable().filter(user__erased_at=None)


def _numbers(user_id: UUID) -> PhoneQuerySet:
    return _reachable().filter(user_id=user_id).by_standing(clock.now())


def has_open_account(user_id: UUID) -> bool:
    """Say whether the person may sign in: nothing is paid out to a closed account."""
    return User.objects.get_queryset().active().filter(pk=user_id).exists()


def number_of(phone_id: UUID) -> str | None:
    """Return the number of a row, past ones included: an old number is told it is past."""
    numbers = Phone.objects.filter(pk=phone_id).values_list("number", flat=True)
    return numbers.first() or None


def number_theirs_since(user_id: UUID, number: str) -> datetime | None:
    """Return since when the person holds *number* (E.164), None when it is not theirs."""
    held = Phone.objects.reachable().filter(user_id=user_id, number=number)
    return held.values_list("held_since", flat=True).first()


ONE_CLOCK = timedelta(minutes=1)


def payout_cooling_until(user_id: UUID, number: str) -> datetime | None:
    """Return until when nothing is paid out to *number*; None when it may be now.

    48 hours from when the number became theirs, or became the current one because the
    person gave up, or lost, a newer one; from when its code and a second proof other
    than the password let an unknown device in; and from when a code, not the password
    before, set the person's password. The number that an account was born with has
    replaced none, so it does not wait, unless it was lost and found since. None as well
    for a number that is not theirs. Compare with the clock: it may be past.
    """
    rows = list(Phone.objects.filter(user_id=user_id).order_by("created_at", "id"))
    held = [
        row
        for row in rows
        if row.number == number and row.released_at is None and row.lost_at is None
    ]
    if not held:
        return None
    phone = held[0]
    newer = [row for row in rows if row.held_since > phone.held_since]
    left = [moment for row in newer for moment in (row.released_at, row.lost_at)]
    moments = [moment for moment in left if moment is not None]
    was_born_with = (
        phone == rows[0] and phone.held_since <= phone.created_at + ONE_CLOCK
    )
    if not was_born_with:
        moments.append(phone.held_since)
    reset = User.objects.filter(pk=user_id).values_list("password_reset_at", flat=True)
    again = (phone.let_in_at, reset.first())
    moments.extend(moment for moment in again if moment is not None)
    return max(moments) + SETTLES_AFTER if moments else None


def language_of(user_id: UUID) -> str:
    """Return ``fr`` or ``en``; ``fr`` for somebody unknown."""
    languages = User.objects.filter(pk=user_id).values_list("language", flat=True)
    return languages.first() or "fr"


def email_of(user_id: UUID) -> str | None:
    """Return the address that the person proved to read, or None."""
    current = Email.objects.current().filter(user_id=user_id, user__erased_at=None)
    return current.values_list("address", flat=True).first()


def address_of_row(email_id: UUID) -> str | None:
    """Return the address of a row, past ones included: an old one is told it is past."""
    rows = Email.objects.filter(pk=email_id, user__erased_at=None)
    return rows.values_list("address", flat=True).first() or None


def operator_ids() -> list[UUID]:
    """Return whoever runs the platform, and whoever is in charge of the staff."""
    people = User.objects.get_queryset().active().filter(is_staff=True)
    held = people.filter(groups__name__in=("operator", "lead"))
    return list(held.values_list("pk", flat=True).distinct())


def lead_ids() -> list[UUID]:
    """Return whoever is in charge of the staff."""
    people = User.objects.get_queryset().active().filter(groups__name="lead")
    return list(people.filter(is_staff=True).values_list("pk", flat=True))
