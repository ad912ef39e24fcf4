"""Documents that prove nothing any more: run out, replaced, or their owner fell silent.

Somebody who has not used the account for twelve months may have lost the phone, and its
number may be another person's by now. Their identity documents end, so their levels fall
to 0 and whoever signs in next shows a document again; papers of ownership and profession
stay, and count again with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.events import IdentityExpired
from accounts.models import (
    IDENTITY_STATES,
    IdentityCheck,
    Purpose,
    Session,
    User,
)
from accounts.models.identity_check import IdentityCheckQuerySet
from accounts.services.identity.levels import recompute_levels
from lokahome.core import clock
from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append

SILENCE = timedelta(days=365)
AT_ONCE = 500
CAUSE = IdentityCheck.EndCause


def expire_identity_checks(*, now: datetime, limit: int = AT_ONCE) -> int:
    """End up to *limit* accepted documents that ran out or whose owner is silent.

    One transaction a document: locks its person, then it; publishes IdentityExpired and
    LevelChanged. Returns how many ended. Harmless to run twice.
    """
    run_out = IdentityCheck.objects.run_out(clock.local_day(now))
    due = [(pk, CAUSE.DATE) for pk in _keys(run_out, limit)]
    due += [(pk, CAUSE.SILENCE) for pk in _keys(silent_checks(now=now), limit)]
    return sum(_expire(pk, cause=cause, now=now) for pk, cause in due[:limit])


def silent_checks(*, now: datetime) -> IdentityCheckQuerySet:
    """Return accepted identity documents, decided and last used over a year ago."""
    since = now - SILENCE
    used = Session.objects.filter(
        user_id=OuterRef("person_id"), last_used_at__gte=since
    )
    checks = IdentityCheck.objects.accepted().filter(
        purpose=Purpose.IDENTITY, decided_at__lt=since
    )
    return checks.filter(~Exists(used))


def end_identity_check(check: IdentityCheck, *, cause: str, now: datetime) -> None:
    """Move a locked accepted *check* to its end; publishes IdentityExpired."""
    check.end_cause = CAUSE(cause)
    IDENTITY_STATES.apply(
        check,
        "expire",
        who="system",
        actor_id=None,
        now=now,
        reason=check.end_cause,
        update_fields=("end_cause",),
    )
    append(
        IdentityExpired(
            check_id=check.pk, person_id=check.person_id, cause=check.end_cause
        )
    )


@transaction.atomic
def _expire(pk: UUID, *, cause: str, now: datetime) -> bool:
    person_id = IdentityCheck.objects.values_list("person_id", flat=True).get(pk=pk)
    locked(User.objects.all(), person_id)
    still = IdentityCheck.objects.accepted()
    if cause == CAUSE.SILENCE:
        still = silent_checks(now=now)
    check = still.filter(pk=pk).select_for_update(no_key=True, of=("self",)).first()
    if check is None:
        return False
    end_identity_check(check, cause=cause, now=now)
    recompute_levels(person_id=person_id)
    return True


def _keys(checks: IdentityCheckQuerySet, limit: int) -> list[UUID]:
    return list(checks.order_by("pk").values_list("pk", flat=True)[:limit])
