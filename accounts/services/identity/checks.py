"""Documents that people hand in to be checked, and take back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.events import IdentityCheckSubmitted
from accounts.models import IDENTITY_STATES, IdentityCheck, Purpose, User
from accounts.models.document_kinds import (
    KINDS,
    DocumentKind,
    Expiry,
    is_number_of,
    plain_number,
)
from accounts.models.identity_check import (
    digits_digest,
    file_digest,
    last_digits,
    number_digest,
)
from accounts.policies.identity import may_send_document
from lokahome.core import clock
from lokahome.core.db.locks import locked
from lokahome.core.errors import FieldError, InvalidInput, NotFound, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.files.images import make_jpeg
from lokahome.core.files.models import Upload
from lokahome.core.files.uploads import attach_upload, read_upload
from lokahome.core.ids import uuid7

RENEWED_WITHIN = timedelta(days=60)
"""How long before a document runs out the next one may be handed in."""
LONGEST_VALIDITY = timedelta(days=365 * 20)


class IdentityCheckWaiting(StateConflict):
    """A document of this kind waits for a decision already."""

    code = "identity.waiting"
    title = gettext_lazy("Une pièce attend déjà d’être vérifiée")


class IdentityKnown(StateConflict):
    """This document was accepted and is still valid: no other one is needed."""

    code = "identity.checked"
    title = gettext_lazy("Cette pièce est déjà validée")


class DocumentNotValid(InvalidInput):
    """What is said of the document does not fit its kind; ``errors`` says all of it."""

    code = "identity.document_not_valid"
    title = gettext_lazy("Cette pièce ne peut pas être vérifiée ainsi")


@transaction.atomic
def submit_identity_check(
    *,
    person: User,
    document_kind: str,
    upload_id: UUID,
    now: datetime,
    number: str = "",
    expires_on: date | None = None,
    back_upload_id: UUID | None = None,
    role: str = "",
    check_id: UUID | None = None,
) -> IdentityCheck:
    """Hand a document over to be checked; the same upload again is the same check.

    *number* in any writing; *role* empty for all the hats that the kind serves. Raises
    NotFound, UploadNotWhole, NotAnImage, ImageTooLarge, DocumentNotValid,
    IdentityCheckWaiting, IdentityKnown. Locks the person; publishes
    IdentityCheckSubmitted.
    """
    mine = IdentityCheck.objects.visible_to(person)
    if (known := mine.filter(upload_id=upload_id).first()) is not None:
        return known
    kind = DocumentKind(document_kind)
    number, today = plain_number(number), clock.local_day(now)
    failures = document_failures(
        kind=kind,
        number=number,
        expires_on=expires_on,
        has_back=back_upload_id is not None and back_upload_id != upload_id,
        role=role,
        today=today,
    )
    if failures:
        raise DocumentNotValid(errors=failures)
    uploads = [upload_id, *([back_upload_id] if back_upload_id else [])]
    _look_at(person, uploads)
    locked(User.objects.all(), person.pk)
    if (known := mine.filter(upload_id=upload_id).first()) is not None:
        return known
    _require_room(person, kind, role, today)
    files = [
        attach_upload(upload_id=pk, owner_id=person.pk, kind=Upload.Kind.IDENTITY)
        for pk in uploads
    ]
    digits = last_digits(number)
    check = IdentityCheck(
        id=check_id or uuid7(),
        person=person,
        purpose=KINDS[kind].purpose,
        document_kind=kind,
        role=role,
        number=number,
        number_digest=number_digest(kind, number),
        digits_digest=digits_digest(person.pk, digits) if digits else "",
        expires_on=expires_on,
        upload_id=upload_id,
        back_upload_id=back_upload_id,
        file_digest=file_digest(files[0].sha256),
        back_file_digest=file_digest(files[1].sha256) if back_upload_id else "",
        created_at=now,
    )
    check.save(force_insert=True)
    append(IdentityCheckSubmitted(check_id=check.pk, person_id=person.pk))
    return check


@transaction.atomic
def withdraw_identity_check(
    *, check_id: UUID, person: User, now: datetime
) -> IdentityCheck:
    """Take one's own document back before anybody decided about it.

    Raises NotFound, TransitionRefused. Locks the person, then the check.
    """
    locked(User.objects.all(), person.pk)
    check = locked(IdentityCheck.objects.visible_to(person), check_id)
    check.vouched_by = None
    IDENTITY_STATES.apply(
        check,
        "withdraw",
        who="owner",
        actor_id=person.pk,
        now=now,
        update_fields=("vouched_by",),
    )
    return check


def document_failures(
    *,
    kind: str,
    number: str,
    expires_on: date | None,
    has_back: bool,
    role: str,
    today: date,
) -> list[FieldError]:
    """Return everything that does not fit a *kind* document; *number* written plainly."""
    facts = KINDS[kind]
    failures = []
    if not is_number_of(kind, number):
        detail = _("Recopiez le numéro tel qu’il est écrit sur la pièce.")
        failures.append(FieldError("number_not_valid", detail, "/number"))
    if expires_on is None and facts.expiry is Expiry.ALWAYS:
        detail = _("Indiquez jusqu’à quand la pièce est valable.")
        failures.append(FieldError("required", detail, "/expires_on"))
    if expires_on is not None and facts.expiry is Expiry.NEVER:
        detail = _("Cette pièce n’a pas de date de fin.")
        failures.append(FieldError("not_expected", detail, "/expires_on"))
    elif expires_on is not None and expires_on < today:
        detail = _("Cette pièce n’est plus valable.")
        failures.append(FieldError("out_of_date", detail, "/expires_on"))
    elif expires_on is not None and expires_on > today + LONGEST_VALIDITY:
        detail = _("Cette date est trop lointaine.")
        failures.append(FieldError("out_of_range", detail, "/expires_on"))
    if facts.has_back and not has_back:
        detail = _("Ajoutez une photo du verso.")
        failures.append(FieldError("required", detail, "/back_upload_id"))
    if role and facts.roles and role not in facts.roles:
        detail = _("Cette pièce ne sert pas à ce rôle.")
        failures.append(FieldError("not_expected", detail, "/role"))
    return failures


def _look_at(person: User, upload_ids: Iterable[UUID]) -> None:
    """Refuse files that are not the person's, or that no reviewer could look at."""
    files = Upload.objects.visible_to(person).filter(kind=Upload.Kind.IDENTITY)
    for pk in upload_ids:
        upload = files.filter(pk=pk).first()
        if upload is None:
            raise NotFound
        make_jpeg(read_upload(upload))


def _require_room(person: User, kind: str, role: str, today: date) -> None:
    """Raise IdentityCheckWaiting or IdentityKnown when another cannot be handed in."""
    of_kind = IdentityCheck.objects.visible_to(person).filter(document_kind=kind)
    held = of_kind.accepted().filter(role__in=("", role))
    soon = held.filter(expires_on__lte=today + RENEWED_WITHIN)
    is_waiting = of_kind.waiting().exists()
    if not may_send_document(
        is_waiting=is_waiting,
        is_held=held.exists(),
        runs_out_soon=soon.exists(),
        is_ownership=KINDS[kind].purpose == Purpose.OWNERSHIP,
    ):
        raise IdentityCheckWaiting if is_waiting else IdentityKnown
