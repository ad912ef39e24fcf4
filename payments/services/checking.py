"""What a check of a charge or a transfer leaves behind: silence, answers, the ladder."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import F

from lokahome.core.db.locks import locked
from payments.models import Charge, Transfer
from payments.models.charge import ChargeQuerySet
from payments.models.transfer import TransferQuerySet
from payments.services import ladder

IN_FLIGHT = timedelta(minutes=1)
"""Longer than any call to a gateway: after it, none of ours is still under way."""
UNSENT_WAIT = timedelta(seconds=30)
_RECOVERED_SPREAD_SECONDS = 10
_RECOVERED_AT_ONCE = 500

Asked = Charge | Transfer
"""What a gateway is asked about: both tables have the same columns for it."""


def note_silence(row: Asked, now: datetime) -> None:
    """Set the next check after one that got no answer; no step of the ladder."""
    rows = _rows_of(row)
    rows.filter(pk=row.pk).update(checked_at=now, unanswered_at=now)
    rows.open().filter(pk=row.pk).update(
        next_check_at=ladder.check_after_silence(row.check_step, now=now),
        check_requested_at=None,
    )


def note_answer(row: Asked, now: datetime) -> None:
    """Clear the silence; a gateway that is back gets its other rows asked soon."""
    _rows_of(row).filter(pk=row.pk).update(
        checked_at=now, unanswered_at=None, check_requested_at=None
    )
    if row.unanswered_at is None:
        return
    for rows in (Charge.objects.all(), Transfer.objects.all()):
        with transaction.atomic():
            _ask_soon(rows.open().filter(gateway=row.gateway), now)


def climb(row: Asked, now: datetime) -> bool:
    """Set the next check of what is still open after an answered poll.

    Returns False at the end of the ladder, where people have to look.
    """
    rows = _rows_of(row)
    with transaction.atomic():
        current = cast(Asked, locked(rows, row.pk))
        if not current.is_open:
            return True
        due = ladder.next_check(current.check_step + 1, now=now)
        if due is not None:
            rows.filter(pk=row.pk).update(
                check_step=F("check_step") + 1, next_check_at=due
            )
    return due is not None


def wait_unsent(row: Asked, now: datetime) -> None:
    """Look again soon at a locked row of which nothing has reached the gateway."""
    row.next_check_at = now + UNSENT_WAIT
    row.check_requested_at = None
    row.save(update_fields={"next_check_at", "check_requested_at"})


def _rows_of(row: Asked) -> ChargeQuerySet | TransferQuerySet:
    return (Charge if isinstance(row, Charge) else Transfer).objects.all()


def _ask_soon(rows: ChargeQuerySet | TransferQuerySet, now: datetime) -> None:
    waiting = list(
        rows.filter(
            unanswered_at__isnull=False,
            next_check_at__gt=now + timedelta(seconds=_RECOVERED_SPREAD_SECONDS),
        )
        .order_by("next_check_at")
        .select_for_update(skip_locked=True, no_key=True)
        .values_list("pk", flat=True)[:_RECOVERED_AT_ONCE]
    )
    for place, pk in enumerate(waiting):
        soon = timedelta(
            milliseconds=_RECOVERED_SPREAD_SECONDS * 1000 * place // len(waiting)
        )
        rows.model.objects.filter(pk=pk).update(next_check_at=now + soon)
