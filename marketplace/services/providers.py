"""Offering services: a provider's profile, trades and area."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point, Polygon
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.errors import AlreadyExists, FieldError, InvalidInput, NotAllowed
from lokahome.core.ids import uuid7
from marketplace.models import ProviderProfile, ProviderSkill
from marketplace.services.choosing import categories_of
from properties.models.geo import blurred
from properties.services.inserting import insert
from properties.services.outline import require_in_benin

RADIUS_METRES = (500, 100_000)
MOST_SKILLS = 15
MOST_CORNERS = 200
LANDS = (0.5, 6.0, 4.1, 12.7)
"""West, south, east and north of what may be drawn: Benin and a little around it."""


class ProviderRoleRequired(NotAllowed):
    """Only a provider offers services: take the role first (POST /me/roles)."""

    code = "provider.role_required"
    title = gettext_lazy("Prenez d’abord le rôle de prestataire")


class AreaRefused(InvalidInput):
    """The drawn area crosses itself, has too many corners or lies elsewhere."""

    code = "provider.area_refused"
    title = gettext_lazy("Cette zone ne peut pas être utilisée")


@transaction.atomic
def offer_services(
    *,
    person: User,
    display_name: str,
    category_slugs: Sequence[str],
    base_point: Point,
    radius_m: int,
    now: datetime,
    about: str = "",
    area: Polygon | None = None,
    is_available: bool = True,
    provider_id: UUID | None = None,
) -> ProviderProfile:
    """Make the profile under which *person* quotes; there is one a person.

    *base_point* (WGS 84) stays private, *radius_m* is in metres around it; *area*, when
    given, replaces the circle. Raises ProviderRoleRequired, AlreadyExists, InvalidInput
    with every pointer, UnknownCategory, PinOutsideBenin, AreaRefused.
    """
    if not person.has_role("provider"):
        raise ProviderRoleRequired
    _check(display_name=display_name, radius_m=radius_m, slugs=category_slugs)
    require_in_benin(base_point, pointer="/base_point")
    _check_area(area)
    profile = ProviderProfile(
        id=provider_id or uuid7(),
        person=person,
        display_name=display_name.strip(),
        about=about,
        base_point=base_point,
        public_point=blurred(base_point, person.pk),
        radius_m=radius_m,
        area=area,
        is_available=is_available,
    )
    insert(profile, marketplace_providerprofile_person_id_key=AlreadyExists())
    _set_skills(profile, category_slugs)
    record("provider.joined", subject=f"provider:{profile.pk}", actor_id=person.pk)
    return profile


@transaction.atomic
def change_profile(
    *, provider_id: UUID, person: User, changes: dict[str, Any], now: datetime
) -> ProviderProfile:
    """Change one's profile; raises NotFound for another's, else as `offer_services`.

    *changes* may hold display_name, about, base_point, radius_m, area (None for the
    circle), is_available and category_slugs. Locks the profile.
    """
    profile = locked(ProviderProfile.objects.filter(person=person), provider_id)
    changes = dict(changes)
    slugs = changes.pop("category_slugs", None)
    _check(
        display_name=changes.get("display_name", profile.display_name),
        radius_m=changes.get("radius_m", profile.radius_m),
        slugs=slugs,
    )
    if "base_point" in changes:
        require_in_benin(changes["base_point"], pointer="/base_point")
        changes["public_point"] = blurred(changes["base_point"], person.pk)
    _check_area(changes.get("area"))
    changed = {name for name, new in changes.items() if getattr(profile, name) != new}
    for name in changed:
        setattr(profile, name, changes[name])
    if slugs is not None:
        _set_skills(profile, slugs)
    if changed or slugs is not None:
        profile.save(update_fields=changed)
        record(
            "provider.changed",
            subject=f"provider:{profile.pk}",
            actor_id=person.pk,
            details={"fields": sorted(changed | ({"skills"} if slugs else set()))},
        )
    return profile


def _check(*, display_name: str, radius_m: int, slugs: Sequence[str] | None) -> None:
    failures = []
    if not display_name.strip():
        detail = _("Indiquez un nom.")
        failures.append(FieldError("required", detail, "/display_name"))
    least, most = RADIUS_METRES
    if not least <= radius_m <= most:
        detail = _("Entre 500 m et 100 km.")
        failures.append(FieldError("out_of_range", detail, "/radius_m"))
    if slugs is not None and not 1 <= len(set(slugs)) <= MOST_SKILLS:
        detail = _("Entre un et quinze métiers.")
        failures.append(FieldError("out_of_range", detail, "/categories"))
    if failures:
        raise InvalidInput(errors=failures)


def _check_area(area: Polygon | None) -> None:
    if area is None:
        return
    west, south, east, north = LANDS
    left, bottom, right, top = area.extent
    lies_here = west <= left <= right <= east and south <= bottom <= top <= north
    if area.empty or area.num_coords > MOST_CORNERS or not area.valid or not lies_here:
        detail = _("Dessinez une zone simple, au Bénin, de 200 sommets au plus.")
        raise AreaRefused(errors=[FieldError("provider.area_refused", detail, "/area")])


def _set_skills(profile: ProviderProfile, slugs: Sequence[str]) -> None:
    unique = list(dict.fromkeys(slugs))
    pointers = [f"/categories/{slugs.index(slug)}" for slug in unique]
    wanted = {row.pk: row for row in categories_of(unique, pointers=pointers)}
    profile.skills.exclude(category__in=wanted).delete()
    held = set(profile.skills.values_list("category_id", flat=True))
    for pk, category in wanted.items():
        if pk not in held:
            ProviderSkill(provider=profile, category=category).save()
