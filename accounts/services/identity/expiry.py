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
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.events import IdentityExpired, IdentityRunsOut
from accounts.models import (
    IDENTITY_STATES,
    IdentityCheck,
    Purpose,
    Session,
    User,
)
from accounts.models.identity_check import IdentityCheckQuerySet
from accounts.services.identity.levels import recompute_levels
from accounts.services.identity.revoking import drop_doubt
from lokahome.core import clock
from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append

SILENCE = timedelta(days=365)
WARNED_BEFORE = timedelta(days=30)
"""How long before a document runs out its person hears of it."""
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
    """Return accepted identity documents, decided and last used over a year ago.

    Sessions are deleted half a year after they ended: the person keeps when the last of
    those was used.
    """
    since = now - SILENCE
    used = Session.objects.filter(
        user_id=OuterRef("person_id"), last_used_at__gte=since
    )
    checks = IdentityCheck.objects.accepted().filter(
        Q(person__used_at=None) | Q(person__used_at__lt=since),
        purpose=Purpose.IDENTITY,
        decided_at__lt=since,
    )
    return checks.filter(~Exists(used))


def warn_of_ends(*, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell the people of up to *limit* documents that these run out within 30 days.

    Once for each, and not where another of the kind waits already. One transaction a
    document: locks its person, then it; publishes IdentityRunsOut. Returns how many.
    """
    return sum(_warn(pk, now) for pk in _keys(running_out(now=now), limit))


def running_out(*, now: datetime) -> IdentityCheckQuerySet:
    """Return the accepted documents that end within 30 days, unannounced yet."""
    today = clock.local_day(now)
    renewed = IdentityCheck.objects.waiting().filter(
        person_id=OuterRef("person_id"), document_kind=OuterRef("document_kind")
    )
    soon = IdentityCheck.objects.accepted().filter(
        expires_on__range=(today, today + WARNED_BEFORE), warned_at=None
    )
    return soon.filter(~Exists(renewed), person__erased_at=None)


def end_identity_check(check: IdentityCheck, *, cause: str, now: datetime) -> None:
    """Move a locked accepted *check* to its end; publishes IdentityExpired.

    A doubt about it ends with it, and its case: there is nothing left to take back.
    """
    if check.doubted_by_id is not None:
        over = _("La pièce a pris fin d’elle-même.")
        drop_doubt(check, who="system", actor=None, now=now, reason=over)
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


@transaction.atomic
def _warn(pk: UUID, now: datetime) -> bool:
    person_id = IdentityCheck.objects.values_list("person_id", flat=True).get(pk=pk)
    locked(User.objects.all(), person_id)
    soon = running_out(now=now).filter(pk=pk)
    check = soon.select_for_update(no_key=True, of=("self",)).first()
    if check is None:
        return False  # another run came first, or it was renewed
    check.warned_at = now
    check.save(update_fields={"warned_at"})
    append(IdentityRunsOut(check_id=check.pk, person_id=person_id))
    return True


def _keys(checks: IdentityCheckQuerySet, limit: int) -> list[UUID]:
    return list(checks.order_by("pk").values_list("pk", flat=True)[:limit])
