"""Finding the providers for a request."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Case, F, FloatField, Value, When

from marketplace.models import ProviderProfile, ServiceRequest


def providers_for(request_id: UUID, limit: int = 20) -> list[UUID]:
    """Return people who may quote for an open request, the best rated first.

    Two queries; empty when the request takes no quotes any more.
    """
    request = (
        ServiceRequest.objects.open()
        .select_related("category")
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        return []
    people = [
        pk for pk in (request.requester_id, request.occupant_id) if pk is not None
    ]
    rows = ProviderProfile.objects.serving(request.public_point, request.category)
    rating = Case(
        When(rating_count=0, then=Value(0.0)),
        default=F("rating_sum") * Value(1.0) / F("rating_count"),
        output_field=FloatField(),
    )
    best = rows.exclude(person__in=people).order_by(rating.desc(), "-jobs_done", "id")
    return list(best.values_list("person_id", flat=True)[:limit])
