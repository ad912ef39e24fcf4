"""Reading what people choose from vocabularies: categories and places."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.errors import FieldError, InvalidInput
from marketplace.models import ServiceCategory
from properties.models import Division, Landmark
from properties.services.homes import UnknownPlace


class UnknownCategory(InvalidInput):
    """No category of services has that code, or it is offered no more."""

    code = "service.unknown_category"
    title = gettext_lazy("Cette catégorie de services n’existe pas")


def category_of(slug: str, *, pointer: str = "/category") -> ServiceCategory:
    """Return the category *slug*; raises UnknownCategory with the field's *pointer*."""
    return categories_of([slug], pointers=[pointer])[0]


def categories_of(
    slugs: Sequence[str], *, pointers: Sequence[str]
) -> list[ServiceCategory]:
    """Return the categories *slugs*, in their order; raises UnknownCategory for all."""
    offered = ServiceCategory.objects.filter(is_active=True, slug__in=slugs)
    known = {row.slug: row for row in offered.select_related("parent")}
    failures = [
        FieldError("service.unknown_category", _("Catégorie inconnue."), pointer)
        for slug, pointer in zip(slugs, pointers, strict=True)
        if slug not in known
    ]
    if failures:
        raise UnknownCategory(errors=failures)
    return [known[slug] for slug in slugs]


def division_of(division_id: UUID) -> Division:
    """Return the division; raises UnknownPlace."""
    row = Division.objects.filter(pk=division_id).first()
    if row is None:
        raise _unknown("/division_id")
    return row


def landmark_of(landmark_id: UUID | None) -> Landmark | None:
    """Return the landmark, or None when none was named; raises UnknownPlace."""
    if landmark_id is None:
        return None
    row = Landmark.objects.filter(pk=landmark_id).first()
    if row is None:
        raise _unknown("/landmark_id")
    return row


def _unknown(pointer: str) -> UnknownPlace:
    detail = _("Lieu inconnu.")
    return UnknownPlace(errors=[FieldError("property.unknown_place", detail, pointer)])
