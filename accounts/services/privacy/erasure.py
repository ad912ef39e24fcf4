"""Erasing a person: asked for, waited for, done in one transaction, files last.

The rows of a person are emptied together or not at all. Files cannot be part of that:
their names are written down in the same transaction, and storage forgets them after it.
Whoever dies in between leaves a request in ``erasing``, which the next run finishes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Consent, ErasureRequest, User
from accounts.policies.people import may_decide_erasure
from accounts.queries.staff import is_same_human
from accounts.services.moderation.cases import ReasonMissing
from accounts.services.privacy.erasure_steps import note, step, tell
from accounts.services.privacy.refusals import put_on_file
from lokahome.core import limits
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    DomainError,
    FieldError,
    NotAllowed,
    NotFound,
    StateConflict,
)
from lokahome.core.failpoints import declare, failpoint
from lokahome.core.privacy.erasing import delete_files, empty_rows
from lokahome.core.privacy.holdings import StoredFile
from lokahome.core.privacy.obstacles import obstacles_of

THINK_AGAIN = timedelta(days=7)
"""Between asking and being erased: a thief who asks is noticed, a mood passes."""
ANSWERED_WITHIN = timedelta(days=45)
WARNED_AFTER = timedelta(days=30)
A_DAY = 2
"""Requests of one's own: each is told by SMS to every number, and each undoing again."""
DAY = timedelta(days=1)
log = structlog.get_logger(__name__)
declare("erasure.rows_emptied", "erasure.files_deleted")


class ErasureOpen(StateConflict):
    """The person asked already, and it was not answered yet."""

    code = "erasure.open"
    title = gettext_lazy("Une demande d’effacement est déjà en cours")


class _InTheWay(Exception):
    """Something came into the way while the rows were emptied: nothing is."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(codes)
        self.codes = codes


@transaction.atomic
def request_erasure(
    *, person_id: UUID, now: datetime, actor_id: UUID | None = None
) -> ErasureRequest:
    """Ask that a person be forgotten: in seven days, or once nothing stands in the way.

    *actor_id* is who wrote it down, the person themselves unless said otherwise. Raises
    NotFound for nobody, or somebody erased; ErasureOpen; RateLimited beyond two of one's
    own a day. Locks the person; publishes ErasureMoved when nothing stands in the way.
    """
    person = locked(_unerased(), person_id)
    if ErasureRequest.objects.open().filter(user=person).exists():
        raise ErasureOpen
    if actor_id in (None, person.pk):
        limits.take("erasures", str(person.pk), limit=A_DAY, window=DAY, now=now)
    obstacles = obstacles_of(person.pk)
    request = ErasureRequest(user=person, obstacles=obstacles, checked_at=now)
    request.created_at = now
    if not obstacles:
        request.status = ErasureRequest.Status.SCHEDULED
        request.due_at = now + THINK_AGAIN
    request.save(force_insert=True)
    note("asked", request, actor_id or person.pk, obstacles=obstacles)
    if request.due_at is not None:
        tell(request)
    return request


@transaction.atomic
def cancel_erasure(*, request_id: UUID, user: User, now: datetime) -> ErasureRequest:
    """Take one's own request back, until the moment it is carried out.

    Again changes nothing. Raises NotFound for another person's, TransitionRefused.
    Locks the person, then the request; publishes ErasureMoved.
    """
    person = locked(_unerased(), user.pk)
    request = locked(ErasureRequest.objects.filter(user=person), request_id)
    if request.status == ErasureRequest.Status.CANCELLED:
        return request
    request.ended_at = now
    request.obstacles = []
    step(request, "cancel", now, "ended_at", "obstacles", who="person", by=person.pk)
    note("cancelled", request, person.pk)
    tell(request)
    return request


@transaction.atomic
def refuse_erasure(
    *,
    request_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
) -> ErasureRequest:
    """Refuse with a reason that the person will read; they may ask again, or appeal.

    Raises NotAllowed (also about oneself), ReasonMissing, NotFound, TransitionRefused.
    Locks the person, then the request; publishes ErasureMoved, CaseOpened, CaseDecided.
    """
    request = _held(request_id)
    if not may_decide_erasure(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=is_same_human(actor.pk, request.user_id),
    ):
        raise NotAllowed
    if not reason.strip():
        detail = _("Donnez un motif.")
        raise ReasonMissing(errors=[FieldError("required", detail, "/reason")])
    request.ended_at = now
    request.decided_by = actor
    request.reason = reason.strip()[:500]
    step(
        request,
        "refuse",
        now,
        *("ended_at", "decided_by", "reason"),
        who="staff",
        by=actor.pk,
        why=request.reason,
    )
    note("refused", request, actor.pk, reason=request.reason)
    put_on_file(request, actor=actor, now=now)
    tell(request)
    return request


@transaction.atomic
def take_up_again(*, request_id: UUID, now: datetime) -> ErasureRequest | None:
    """Ask anew for somebody whose refusal an appeal took back; again is harmless.

    None when they asked anew themselves, or are erased. Locks the person; publishes
    ErasureMoved.
    """
    refused = _held(request_id)
    known = ErasureRequest.objects.filter(user=refused.user_id, pk__gt=refused.pk)
    if known.exclude(status=ErasureRequest.Status.CANCELLED).exists():
        return None
    if refused.user.erased_at is not None:
        return None
    decided_by = refused.decided_by_id
    return request_erasure(person_id=refused.user_id, now=now, actor_id=decided_by)


def look_again(*, now: datetime) -> int:
    """Schedule the requests whose obstacles are gone; return how many that was.

    One that fails is logged, waits on, and holds up nobody.
    """
    done = 0
    waiting = ErasureRequest.objects.filter(status=ErasureRequest.Status.REQUESTED)
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            done += _look_again(pk, now)
        except Exception:
            log.exception("obstacles of an erasure were not seen", request=str(pk))
    return done


def carry_out_due(*, now: datetime) -> int:
    """Erase the people whose day has come, each by themselves; return how many.

    Also finishes what an earlier run left half done. One that fails is logged, stays
    due, and holds up nobody.
    """
    done = 0
    scheduled, erasing = ErasureRequest.Status.SCHEDULED, ErasureRequest.Status.ERASING
    due = ErasureRequest.objects.filter(status=scheduled, due_at__lte=now)
    left = ErasureRequest.objects.filter(status=erasing)
    for pk in list((due | left).order_by("due_at", "id").values_list("pk", flat=True)):
        try:
            done += carry_out(request_id=pk, now=now)
        except DomainError as refusal:
            log.warning("an erasure waits", request=str(pk), code=refusal.code)
        except Exception:
            log.exception("an erasure failed", request=str(pk))
    return done


def carry_out(*, request_id: UUID, now: datetime) -> bool:
    """Erase the person of a request that is due; return whether nothing is left of them.

    Safe to run twice, at once, and again after dying anywhere: rows first, in one
    transaction, then files. Something may stand in the way again: the request then
    waits as before, and False is returned. Must not be called inside a transaction.
    Locks the person against rows that would name them, too.
    """
    with transaction.atomic(durable=True):
        request = _held(request_id, alone=True)
        if request.status == ErasureRequest.Status.SCHEDULED:
            if request.due_at is None or request.due_at > now:
                return False
            if not _erase_rows(request, now):
                return False
        elif request.status != ErasureRequest.Status.ERASING:
            return False
    failpoint("erasure.rows_emptied")
    while request.status == ErasureRequest.Status.ERASING:
        delete_files([StoredFile(*item) for item in request.files])
        failpoint("erasure.files_deleted")
        request = _finish(request_id, now)
    return True


@transaction.atomic(durable=True)
def _finish(request_id: UUID, now: datetime) -> ErasureRequest:
    """Empty what a request in flight wrote meanwhile; end when that named no file."""
    request = _held(request_id)
    if request.status == ErasureRequest.Status.ERASING:
        late = empty_rows(request.user_id, now=now)
        request.files = [list(item) for item in late]
        if late:
            request.save(update_fields={"files"})
        else:
            request.ended_at = now
            step(request, "finish", now, "files", "ended_at")
    return request


def _erase_rows(request: ErasureRequest, now: datetime) -> bool:
    """Empty the rows, unless something stands in the way before or after it."""
    try:
        _refuse_obstacles(request.user_id)
        with transaction.atomic():
            files = _empty(request, now)
            # Emptying takes seconds, in which others pay, sign and report.
            _refuse_obstacles(request.user_id)
    except _InTheWay as found:
        request.obstacles = found.codes
        request.checked_at = now
        request.due_at = None
        step(request, "postpone", now, "obstacles", "checked_at", "due_at")
        return False
    request.files = [list(item) for item in files]
    step(request, "erase", now, "files")
    note("erased", request, None, files=len(files))
    return True


def _refuse_obstacles(person_id: UUID) -> None:
    if codes := obstacles_of(person_id):
        raise _InTheWay(codes)


def _empty(request: ErasureRequest, now: datetime) -> list[StoredFile]:
    _withdraw_consents(request.user, now)
    files = empty_rows(request.user_id, now=now)
    User.objects.filter(pk=request.user_id).update(erased_at=now)
    return files


def _withdraw_consents(person: User, now: datetime) -> None:
    for given in Consent.objects.filter(user=person).last_words():
        if given.is_granted:
            Consent(
                user=person,
                purpose=given.purpose,
                text_version=given.text_version,
                is_granted=False,
                source=Consent.Source.ERASURE,
                created_at=now,
            ).save()


@transaction.atomic
def _look_again(request_id: UUID, now: datetime) -> bool:
    request = _held(request_id)
    if request.status != ErasureRequest.Status.REQUESTED:
        return False
    request.obstacles = obstacles_of(request.user_id)
    request.checked_at = now
    if request.obstacles:
        request.save(update_fields={"obstacles", "checked_at"})
        return False
    request.due_at = now + THINK_AGAIN
    step(request, "schedule", now, "obstacles", "checked_at", "due_at")
    tell(request)
    return True


def _held(request_id: UUID, *, alone: bool = False) -> ErasureRequest:
    """Return the request, locked after its person, as everything of a person is."""
    found = ErasureRequest.objects.filter(pk=request_id)
    person_id = found.values_list("user_id", flat=True).first()
    if person_id is None:
        raise NotFound
    locked(User.objects.get_queryset(), person_id, alone=alone)
    return locked(ErasureRequest.objects.all(), request_id)


def _unerased() -> Any:
    return User.objects.get_queryset().filter(erased_at=None)
