"""A refused erasure is a decision like any other: it has a case, an appeal, an inverse."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Case, ErasureRequest, User
from accounts.services.moderation.cases import decide_case, open_case
from accounts.services.moderation.parties import Parties, register_parties

KIND = "erasure_refused"
NOUN = "erasurerequest"


def put_on_file(request: ErasureRequest, *, actor: User, now: datetime) -> Case:
    """Write a refused *request* down as a decided case, so that its person may appeal.

    Inside the transaction that refuses it. Publishes CaseOpened and CaseDecided.
    """
    case = open_case(
        kind=KIND,
        queue=Case.Queue.APPEALS,
        subject=f"{NOUN}:{request.pk}",
        title=_("Effacement refusé"),
        evidence={},
        now=now,
    )
    return decide_case(
        case_id=case.pk,
        decision="refused",
        reason=request.reason,
        actor=actor,
        now=now,
    )


def overturned_request(*, kind: str, subject: str) -> UUID | None:
    """Return the request whose refusal an appeal took back, None for any other case."""
    noun, _colon, request_id = subject.partition(":")
    return UUID(request_id) if (kind, noun) == (KIND, NOUN) else None


def _parties(request_id: UUID) -> Parties:
    whose = ErasureRequest.objects.filter(pk=request_id).values_list("user_id")
    return Parties(frozenset(row[0] for row in whose))


register_parties(NOUN, _parties)
