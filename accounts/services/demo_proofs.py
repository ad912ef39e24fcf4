"""Accepted documents of made-up people: the demo's, and those of the tests."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import DocumentKind, IdentityCheck, RoleGrant, User
from accounts.models.document_kinds import KINDS, Expiry
from accounts.models.identity_check import (
    digits_digest,
    last_digits,
    number_digest,
)
from accounts.policies.levels import level_for
from accounts.services.identity.levels import proofs_of
from lokahome.core import clock
from lokahome.core.ids import uuid7

VALIDITY = timedelta(days=365 * 5)
PROOFS: dict[str, tuple[tuple[str, ...], ...]] = {
    RoleGrant.Role.TENANT: ((DocumentKind.CIP,),),
    RoleGrant.Role.LANDLORD: (
        (DocumentKind.CIP,),
        (DocumentKind.UTILITY_BILL, DocumentKind.IFU),
        (DocumentKind.AGENT_CARD, DocumentKind.RCCM),
    ),
    RoleGrant.Role.PROVIDER: (
        (DocumentKind.CIP,),
        (DocumentKind.IFU,),
        (DocumentKind.DIPLOMA, DocumentKind.POLICE_RECORD),
    ),
}
"""One way up each ladder."""


def give_proofs(
    *, person: User, role: str, level: int, decided_by: User, now: datetime
) -> None:
    """Write the accepted documents that raise the hat *role* to *level*; no fact told.

    Their photos count as deleted. Harmless to run twice; other hats rise with it.
    """
    kinds = [kind for rung in PROOFS[role][:level] for kind in rung]
    held = proofs_of(person.pk, role=role)
    IdentityCheck.objects.bulk_create(
        _accepted(person, kind, decided_by, now) for kind in kinds if kind not in held
    )
    for grant in RoleGrant.objects.filter(user=person):
        proofs = proofs_of(person.pk, role=grant.role)
        proved = level_for(role=grant.role, proofs=proofs)
        if proved != grant.level:
            grant.level = proved
            grant.save(update_fields={"level"})


def _accepted(
    person: User, kind: str, decided_by: User, now: datetime
) -> IdentityCheck:
    facts = KINDS[kind]
    length = 13 if kind == DocumentKind.IFU else 10
    number = str(person.pk.int % 10**length).zfill(length)
    runs_out = facts.expiry is Expiry.ALWAYS
    return IdentityCheck(
        person=person,
        purpose=facts.purpose,
        document_kind=kind,
        number=number,
        number_digest=number_digest(kind, number),
        digits_digest=digits_digest(person.pk, last_digits(number)),
        expires_on=clock.local_day(now + VALIDITY) if runs_out else None,
        upload_id=uuid7(),
        files_deleted_at=now,
        status=IdentityCheck.Status.ACCEPTED,
        decided_by=decided_by,
        decided_at=now,
    )
