"""One demo login a role, for development machines only."""

from __future__ import annotations

from base64 import b32encode
from datetime import timedelta
from hashlib import sha256

from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from accounts.models import Phone, RoleGrant, User
from accounts.queries.staff import humans_of
from accounts.services.demo_proofs import give_proofs
from accounts.services.staff.groups import ensure_groups
from accounts.services.staff.links import declare_link
from accounts.services.staff.second_factors import is_enrolled
from lokahome.core import clock
from lokahome.core.phones import display_phone

PASSWORD = "lokahome-demo"  # noqa: S105 - fixed: check E003 keeps it in development
PEOPLE = (
    ("ama", "Ama Dossou", RoleGrant.Role.TENANT, "+2290197000001"),
    ("kossi", "Kossi Hounsou", RoleGrant.Role.LANDLORD, "+2290197000002"),
    ("afi", "Afi Adjovi", RoleGrant.Role.PROVIDER, "+2290166000001"),
)
"""Numbers that end in 001 pay and are paid at the simulated gateway (its console says
what the other endings do)."""
LEVELS = {"kossi": 2, "afi": 2}
"""Who is paid out to needs level 2."""
REVIEWER = "identity"
STAFF = (
    ("moderator", "Modération (démo)", ("moderator",)),
    ("identity", "Vérification d’identité (démo)", ("identity_checker",)),
    ("finance", "Finance, saisie (démo)", ("finance_maker",)),
    ("checker", "Finance, validation (démo)", ("finance_checker",)),
    ("lead", "Responsable (démo)", ("lead",)),
    ("operator", "Exploitation (démo)", ("operator", "auditor", "support")),
)


@transaction.atomic
def ensure_demo_people() -> list[str]:
    """Make the demo people that are missing; return one line to print for each.

    Raises ImproperlyConfigured unless DEBUG and DEV_DOORS are on: the password is known
    to everybody who reads this file.
    """
    if not (settings.DEBUG and settings.DEV_DOORS):
        raise ImproperlyConfigured("demo people need DEBUG and DEV_DOORS")
    ensure_groups()
    lines = []
    for handle, name, role, number in PEOPLE:
        person = _person(handle, name)
        RoleGrant.objects.get_or_create(user=person, role=role)
        RoleGrant.objects.get_or_create(user=person, role=RoleGrant.Role.TENANT)
        Phone.objects.get_or_create(
            number=number,
            released_at=None,
            defaults={
                "user": person,
                "verified_at": clock.now(),
                # Payouts to a new number wait two days: a demonstration does not.
                "held_since": clock.now() - timedelta(days=30),
            },
        )
        lines.append(
            f"{role:<10} {handle:<10} {PASSWORD}  (code by SMS: {display_phone(number)})"
        )
    for handle, name, groups in STAFF:
        person = _person(handle, name, is_staff=True)
        RoleGrant.objects.get_or_create(user=person, role=RoleGrant.Role.ADMIN)
        person.groups.set(Group.objects.filter(name__in=groups))
        _second_factor(person)
        if len(humans_of(person.pk)) == 1:
            now = clock.now()
            declare_link(staff_id=person.pk, person_id=None, actor=None, now=now)
        lines.append(
            f"{'staff':<10} {handle:<10} {PASSWORD}"
            "  (/admin/, then the code of /dev/second-factor)"
        )
    reviewer = User.objects.get(username=REVIEWER)
    for handle, _name, role, _number in PEOPLE:
        give_proofs(
            person=User.objects.get(username=handle),
            role=role,
            level=LEVELS.get(handle, 0),
            decided_by=reviewer,
            now=clock.now(),
        )
    return lines


def demo_seed(handle: str) -> str:
    """Return the seed of a demo colleague's codes; `deploy.demo` makes it as well."""
    digest = sha256(f"lokahome-demo:{handle}".encode()).digest()
    return b32encode(digest[:20]).decode()


def _second_factor(person: User) -> None:
    if not is_enrolled(person.pk):
        TOTP.activate(person, demo_seed(person.username))


def _person(handle: str, name: str, *, is_staff: bool = False) -> User:
    person = User.objects.filter(username=handle).first()
    if person is None:
        person = User.objects.create_staff(
            username=handle, password=PASSWORD, full_name=name
        )
        if not is_staff:
            person.is_staff = False
            person.save(update_fields={"is_staff"})
    return person
