"""Names, languages, numbers and addresses of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import (
    Email,
    Phone,
    User,
)
from accounts.models.phone import PhoneQuerySet


def person_name(user_id: UUID) -> str:
    """Return the person's name, or an empty string when they gave none."""
    names = User.objects.filter(pk=user_id).values_list("full_name", flat=True)
    return names.first() or ""


def phone_of(user_id: UUID) -> str | None:
    """Return the number at which the person is reached (E.164), or None.

    The one that became theirs last: signing in by another one changes nothing.
    """
    return _numbers(user_id).values_list("number", flat=True).first()


def other_number_of(user_id: UUID, phone_id: UUID) -> str | None:
    """Return the number at which the person is reached beside *phone_id*, or None."""
    others = _numbers(user_id).exclude(pk=phone_id)
    return others.values_list("number", flat=True).first()


def _numbers(user_id: UUID) -> PhoneQuerySet:
    held = Phone.objects.reachable().filter(user_id=user_id, user__erased_at=None)
    return held.order_by("-held_since", "-id")


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


PAYOUT_COOLING = timedelta(hours=48)
"""Whoever took an account over adds a number first and asks for the money next."""

ONE_CLOCK = timedelta(minutes=1)


def payout_cooling_until(user_id: UUID, number: str) -> datetime | None:
    """Return until when nothing is paid out to *number*; None when it may be now.

    48 hours from when the number became theirs, or became the current one because the
    person gave up, or lost, a newer one. The number that an account was born with has
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
    return max(moments) + PAYOUT_COOLING if moments else None


def language_of(user_id: UUID) -> str:
    """Return ``fr`` or ``en``; ``fr`` for somebody unknown."""
    languages = User.objects.filter(pk=user_id).values_list("language", flat=True)
    return languages.first() or "fr"


def email_of(user_id: UUID) -> str | None:
    """Return the address that the person proved to read, or None."""
    current = Email.objects.current().filter(user_id=user_id, user__erased_at=None)
    return current.values_list("address", flat=True).first()


def lead_ids() -> list[UUID]:
    """Return whoever is in charge of the staff."""
    people = User.objects.get_queryset().active().filter(groups__name="lead")
    return list(people.filter(is_staff=True).values_list("pk", flat=True))
