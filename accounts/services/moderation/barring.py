"""What is known of a sanctioned person's number and documents, and who comes with them.

A ban leaves its traces when its person is erased. A restriction stays with its account,
also when the number leaves it and somebody begins anew.

Nobody is refused for a number: operators give it to other people. A person on the staff
looks instead; a document is accepted by two.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import BarredTrace, Case, IdentityCheck, Phone, Sanction
from accounts.services.moderation.cases import open_case
from lokahome.core.audit.record import record
from lokahome.core.crypto.lookups import keyed_digest

KEPT = timedelta(days=5 * 365)
"""As long as the sanction's own row: time enough to notice, and an end."""
CASE = "barred_number"
"""Kind of the cases that a newcomer's number opens."""
WERE_ACCEPTED = (
    IdentityCheck.Status.ACCEPTED,
    IdentityCheck.Status.EXPIRED,
    IdentityCheck.Status.REVOKED,
)


def leave_traces(*, person_id: UUID, now: datetime) -> int:
    """Keep the keyed digests of a banned person's numbers and documents; say how many.

    Inside the transaction that erases the person, whose row is locked, before anything
    is emptied. Nobody else leaves any, and again is harmless.
    """
    bans = Sanction.objects.live().filter(person_id=person_id, kind="ban")
    ban = bans.order_by("id").first()
    if ban is None:
        return 0
    numbers = Phone.objects.current().filter(user_id=person_id)
    checks = IdentityCheck.objects.filter(
        person_id=person_id, status__in=WERE_ACCEPTED
    ).exclude(number_digest="")
    kinds = BarredTrace.Kind
    found = {
        *((kinds.PHONE, phone_trace(row.number)) for row in numbers),
        *((kinds.DOCUMENT, row.number_digest) for row in checks),
    }
    made = BarredTrace.objects.bulk_create(
        (
            BarredTrace(
                sanction=ban,
                kind=kind,
                digest=digest,
                created_at=now,
                ends_at=now + KEPT,
            )
            for kind, digest in sorted(found)
        ),
        ignore_conflicts=True,
    )
    if made:
        record(
            "sanction.traces_kept",
            subject=f"user:{person_id}",
            actor_id=None,
            details={"sanction_id": str(ban.pk), "count": len(made)},
        )
    return len(made)


def phone_trace(number: str) -> str:
    """Return the digest by which *number* (E.164) is known again."""
    return keyed_digest(number, purpose="barred_phone")


def sanction_behind_number(number: str, *, but: UUID, now: datetime) -> UUID | None:
    """Return a sanction in force of somebody whose *number* it was, if there is one.

    Of another person than *but*: erased under a ban, or with an account that goes on.
    """
    lasting = Sanction.objects.live().exclude(kind=Sanction.Kind.WARN)
    theirs = lasting.exclude(person_id=but).filter(
        person__phones__number=number, person__phones__released_at__isnull=False
    )
    found = theirs.order_by("-id").values_list("pk", flat=True).first()
    return found or ban_behind_number(number, now=now)


def ban_behind_number(number: str, *, now: datetime) -> UUID | None:
    """Return the ban that a former holder of *number* was erased under, if any."""
    return _ban_behind(BarredTrace.Kind.PHONE, phone_trace(number), now)


def ban_behind_document(check: IdentityCheck, *, now: datetime) -> UUID | None:
    """Return the ban that somebody with the document of *check* was erased under."""
    return _ban_behind(BarredTrace.Kind.DOCUMENT, check.number_digest, now)


def look_at_newcomer(*, person_id: UUID, number: str, now: datetime) -> Case | None:
    """Open a case about who joined by a sanctioned person's number; None for any other.

    They may stay: staff compares, and decides about the account or about nothing. Joins
    the caller's transaction; publishes CaseOpened.
    """
    sanction_id = sanction_behind_number(number, but=person_id, now=now)
    if sanction_id is None:
        return None
    return open_case(
        kind=CASE,
        queue=Case.Queue.REPORTS,
        subject=f"user:{person_id}",
        title=_("Numéro d’une personne sanctionnée"),
        evidence={"sanction_id": str(sanction_id)},
        now=now,
    )


def _ban_behind(kind: str, digest: str, now: datetime) -> UUID | None:
    if not digest:
        return None
    known = BarredTrace.objects.telling(now).filter(kind=kind, digest=digest)
    return known.order_by("-id").values_list("sanction_id", flat=True).first()
