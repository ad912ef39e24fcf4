"""What staff decide about an agency, and who answers for its listings meanwhile."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.queries.agencies import active_agency
from properties.models import Mandate
from properties.services.handling import release_handling, resume_handling


@transaction.atomic
def follow_agency(*, agency_id: UUID, now: datetime) -> None:
    """Take its listings back from a suspended agency; give a restored one its own again.

    Only what the suspension took comes back, and only under a mandate of today that
    still includes the listing. Called again, or late, it follows the agency as it is
    now. Locks the mandates, then the listings; publishes HandlingEnded, HandlingTaken.
    """
    active = Mandate.objects.filter(
        agency_id=agency_id, status=Mandate.Status.ACTIVE, includes_listing=True
    )
    rows = list(active.order_by("id").select_for_update(no_key=True, of=("self",)))
    # Read under the locks: of two calls the later one sees the later decision.
    may_work = active_agency(agency_id) is not None
    todays = Mandate.objects.in_force().filter(agency_id=agency_id)
    in_force = set(todays.values_list("pk", flat=True))
    for mandate in rows:
        if not may_work:
            _take_back(mandate, now)
        elif mandate.resumes_handling:
            _mark(mandate, False)
            if mandate.pk in in_force:
                resume_handling(mandate=mandate, now=now)


def _take_back(mandate: Mandate, now: datetime) -> None:
    released = release_handling(
        unit_id=mandate.unit_id, agency_id=mandate.agency_id, actor_id=None, now=now
    )
    if released:
        _mark(mandate, True)


def _mark(mandate: Mandate, resumes: bool) -> None:
    mandate.resumes_handling = resumes
    mandate.save(update_fields={"resumes_handling"})
