"""Identity checks: somebody sends a document, another person looks at it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import IdentityChecked, IdentityCheckSubmitted
from accounts.models import (
    IDENTITY_STATES,
    DocumentKind,
    IdentityCheck,
    RoleGrant,
    User,
)
from accounts.policies import may_check_identity
from accounts.services.cases import ReasonMissing
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import (
    FieldError,
    NotAllowed,
    NotFound,
    StaleVersion,
    StateConflict,
)
from lokahome.core.events.outbox import append
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import attach_upload, read_upload
from lokahome.core.ids import uuid7


class IdentityCheckWaiting(StateConflict):
    """A document of this person waits for a decision already."""

    code = "identity.waiting"
    title = gettext_lazy("Une pièce attend déjà d’être vérifiée")


class IdentityKnown(StateConflict):
    """This person's identity was checked: no other document is needed."""

    code = "identity.checked"
    title = gettext_lazy("Votre identité est déjà vérifiée")


@transaction.atomic
def submit_identity_check(
    *,
    person: User,
    document_kind: str,
    upload_id: UUID,
    now: datetime,
    check_id: UUID | None = None,
) -> IdentityCheck:
    """Hand a document over to be checked; the same upload again is the same check.

    Raises NotFound, UploadNotWhole, NotAnImage, ImageTooLarge, IdentityCheckWaiting,
    IdentityKnown. Locks the person; publishes IdentityCheckSubmitted.
    """
    mine = IdentityCheck.objects.visible_to(person)
    if (known := mine.filter(upload_id=upload_id).first()) is not None:
        return known
    files = Upload.objects.visible_to(person).filter(kind=Upload.Kind.IDENTITY)
    upload = files.filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    # What cannot be drawn cannot be looked at: better said now than by a reviewer.
    make_jpeg(read_upload(upload))
    locked(User.objects.all(), person.pk)
    if (known := mine.filter(upload_id=upload_id).first()) is not None:
        return known
    if mine.accepted().exists():
        raise IdentityKnown
    if mine.waiting().exists():
        raise IdentityCheckWaiting
    attach_upload(upload_id=upload_id, owner_id=person.pk, kind=Upload.Kind.IDENTITY)
    check = IdentityCheck(
        id=check_id or uuid7(),
        person=person,
        document_kind=DocumentKind(document_kind),
        upload_id=upload_id,
        created_at=now,
    )
    check.save(force_insert=True)
    append(IdentityCheckSubmitted(check_id=check.pk, person_id=person.pk))
    return check


@transaction.atomic
def accept_identity_check(
    *, check_id: UUID, actor: User, now: datetime, version: int | None = None
) -> IdentityCheck:
    """Find the identity proved: the person's hats rise to level 1 at least.

    Raises NotFound, NotAllowed (also about oneself), StaleVersion, TransitionRefused.
    Locks the check, then the person; publishes IdentityChecked.
    """
    check = _decide(check_id, "accept", actor, "", now, version)
    locked(User.objects.all(), check.person_id)
    level = RoleGrant.Level.IDENTITY
    for grant in RoleGrant.objects.filter(user_id=check.person_id, level__lt=level):
        grant.level = level
        grant.save(update_fields={"level"})
    record(
        "person.identity_checked",
        subject=f"user:{check.person_id}",
        actor_id=actor.pk,
        details={"check_id": str(check.pk)},
    )
    return check


@transaction.atomic
def find_identity_unreadable(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> IdentityCheck:
    """Ask for another photo of the document; see `accept_identity_check`."""
    return _decide(check_id, "find_unreadable", actor, reason, now, version)


@transaction.atomic
def refuse_identity_check(
    *,
    check_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> IdentityCheck:
    """Refuse the document as a proof; another may be sent. See `accept_identity_check`."""
    return _decide(check_id, "refuse", actor, reason, now, version)


def _decide(
    check_id: UUID,
    action: str,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None,
) -> IdentityCheck:
    check = locked(IdentityCheck.objects.all(), check_id)
    if not may_check_identity(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        is_own=check.person_id == actor.pk,
    ):
        raise NotAllowed
    if version is not None and version != check.version:
        raise StaleVersion
    reason = reason.strip()
    if not reason and action != "accept":
        raise ReasonMissing(
            errors=[FieldError("required", _("Le motif manque."), pointer="/reason")]
        )
    check.reason = reason
    check.decided_by = actor
    check.decided_at = now
    IDENTITY_STATES.apply(
        check,
        action,
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=reason,
        update_fields=("reason", "decided_by", "decided_at"),
    )
    append(
        IdentityChecked(
            check_id=check.pk, person_id=check.person_id, status=check.status
        )
    )
    return check
