"""Providers to look at on a development machine."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from accounts.models import Phone, RoleGrant, User
from accounts.services.demo import PASSWORD
from lokahome.core import clock
from lokahome.core.phones import display_phone
from marketplace.models import ProviderProfile
from marketplace.services.providers import offer_services
from properties.models.geo import WGS84

SECOND = ("bio", "Bio Sanni", "+2290162000001")


@dataclass(frozen=True, slots=True)
class _Shop:
    name: str
    about: str
    trades: tuple[str, ...]
    base: tuple[float, float]
    """Longitude and latitude."""
    radius_m: int


SHOPS = {
    "afi": _Shop(
        "Afi Adjovi, plomberie",
        "Fuites, WC et robinets à Cotonou et Calavi. Devis sous deux heures.",
        ("plumbing", "water_supply"),
        (2.3994, 6.3614),
        30_000,
    ),
    "bio": _Shop(
        "Bio Sanni, dépannage",
        "Plomberie et électricité du bâtiment, avec le reçu des fournitures.",
        ("plumbing", "electricity", "solar"),
        (2.3412, 6.4181),
        40_000,
    ),
}


@transaction.atomic
def ensure_demo_providers() -> list[str]:
    """Make the demo's second provider and both profiles; return lines to print.

    Raises ImproperlyConfigured unless DEBUG and DEV_DOORS are on, User.DoesNotExist
    before the demo people were made.
    """
    if not (settings.DEBUG and settings.DEV_DOORS):
        raise ImproperlyConfigured("demo providers need DEBUG and DEV_DOORS")
    people = {"afi": User.objects.get(username="afi"), "bio": _second()}
    for handle, person in people.items():
        if ProviderProfile.objects.filter(person=person).exists():
            continue
        shop = SHOPS[handle]
        offer_services(
            person=person,
            display_name=shop.name,
            about=shop.about,
            category_slugs=shop.trades,
            base_point=Point(*shop.base, srid=WGS84),
            radius_m=shop.radius_m,
            now=clock.now(),
        )
    handle, _name, number = SECOND
    return [
        f"provider   {handle:<10} {PASSWORD}  (code by SMS: {display_phone(number)})"
    ]


def _second() -> User:
    handle, name, number = SECOND
    person = User.objects.filter(username=handle).first()
    if person is None:
        person = User.objects.create_staff(
            username=handle, password=PASSWORD, full_name=name
        )
        person.is_staff = False
        person.save(update_fields={"is_staff"})
    for role in (RoleGrant.Role.PROVIDER, RoleGrant.Role.TENANT):
        RoleGrant.objects.get_or_create(user=person, role=role)
    Phone.objects.get_or_create(
        number=number,
        released_at=None,
        defaults={"user": person, "verified_at": clock.now()},
    )
    return person
