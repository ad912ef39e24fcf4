"""The ends that come by themselves: challenges and notices whose time is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import (
    CHALLENGE_STATES,
    NOTICE_STATES,
    SignInChallenge,
    SignInNotice,
)

BATCH = 500


@transaction.atomic
def end_notices(rows: QuerySet[SignInNotice], *, now: datetime) -> int:
    """Let those of *rows* lapse that still wait; return how many. Locks them."""
    waiting = rows.filter(status=SignInNotice.Status.WAITING)
    found = list(waiting.select_for_update(no_key=True, of=("self",)).order_by("id"))
    for notice in found:
        notice.closed_at = now
        NOTICE_STATES.apply(
            notice,
            "lapse",
            who="system",
            actor_id=None,
            now=now,
            update_fields=("closed_at",),
        )
    return len(found)


@transaction.atomic
def end_challenges(rows: QuerySet[SignInChallenge], *, now: datetime) -> int:
    """Let those of *rows* lapse that are still open; return how many. Locks them."""
    waiting = rows.filter(status=SignInChallenge.Status.OPEN)
    found = list(waiting.select_for_update(no_key=True, of=("self",)).order_by("id"))
    for challenge in found:
        challenge.closed_at = now
        challenge.new_password = ""
        CHALLENGE_STATES.apply(
            challenge,
            "lapse",
            who="system",
            actor_id=None,
            now=now,
            update_fields=("closed_at", "new_password"),
        )
    return len(found)


def lapse_sign_ins(*, now: datetime) -> int:
    """End the challenges and notices whose time is over by *now*; return how many.

    They count no more since then: this makes the lists say so. A batch at a time.
    """
    notices = SignInNotice.objects.waiting().filter(closes_at__lte=now)
    challenges = SignInChallenge.objects.filter(
        status=SignInChallenge.Status.OPEN, expires_at__lte=now
    )
    some = notices.order_by("id").values("pk")[:BATCH]
    others = challenges.order_by("id").values("pk")[:BATCH]
    return end_notices(
        SignInNotice.objects.filter(pk__in=list(some.values_list("pk", flat=True))),
        now=now,
    ) + end_challenges(
        SignInChallenge.objects.filter(
            pk__in=list(others.values_list("pk", flat=True))
        ),
        now=now,
    )
