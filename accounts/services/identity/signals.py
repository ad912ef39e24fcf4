"""What speaks against a document before anybody looks at it: shown to its reviewer."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from accounts.models import IdentityCheck, Sanction
from accounts.models.identity_check import IdentityCheckQuerySet
from accounts.services.moderation.barring import ban_behind_document

GRAVE = ("suspected", "accepted", "fraud", "revoked")
"""States of another account's document with which one person does not accept this one."""
SHOWN = 20


def twins_of(check: IdentityCheck) -> list[IdentityCheck]:
    """Return documents of other people that carry the same number, newest first.

    Before them, those of people whose account a sanction keeps closed: `is_of_closed`.
    Whatever became of them: a forgery that was refused, or taken back in time, is the
    same forgery here. A number that two kinds of documents share is found across them.
    A signal, not a refusal: digits are mistyped, and whoever came first is not always
    the owner.
    """
    return _newest(_same_number(check))


def same_files_of(check: IdentityCheck) -> list[IdentityCheck]:
    """Return documents of other people made of the very same file, newest first.

    Known by the digests on the rows, so also after the files were deleted; ordered and
    marked as `twins_of`.
    """
    return _newest(_same_files(check))


def needs_two_reviewers(check: IdentityCheck, *, now: datetime) -> bool:
    """Say whether one person alone may not find *check* good.

    Its number or its picture stands on another account's document that is held for
    good, or that was found forged, or, whatever became of it, whose person is excluded
    or suspended; or somebody with it was excluded and erased.
    """
    same = _same_number(check) | _same_files(check)
    grave = same.filter(Q(status__in=GRAVE) | Q(_closing()))
    return grave.exists() or ban_behind_document(check, now=now) is not None


def _closing() -> Exists:
    """Return whether a sanction keeps the account of a document's person closed."""
    live = Sanction.objects.live().closing()
    return Exists(live.filter(person_id=OuterRef("person_id")))


def _of_others(check: IdentityCheck) -> IdentityCheckQuerySet:
    return IdentityCheck.objects.exclude(person_id=check.person_id)


def _same_number(check: IdentityCheck) -> IdentityCheckQuerySet:
    if not check.number_digest:
        return _of_others(check).none()
    return _of_others(check).filter(number_digest=check.number_digest)


def _same_files(check: IdentityCheck) -> IdentityCheckQuerySet:
    known = [item for item in (check.file_digest, check.back_file_digest) if item]
    if not known:
        return _of_others(check).none()
    return _of_others(check).filter(
        Q(file_digest__in=known) | Q(back_file_digest__in=known)
    )


def _newest(checks: IdentityCheckQuerySet) -> list[IdentityCheck]:
    marked = checks.select_related("person").annotate(is_of_closed=_closing())
    return list(marked.order_by("-is_of_closed", "-id")[:SHOWN])
