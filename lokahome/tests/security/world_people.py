"""What belongs to one person of a side: addresses, hats, papers, words, and the staff."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.contrib.auth.models import Group

from accounts.models import Email, IdentityCheck, RoleGrant, User
from accounts.services.identity.checks import submit_identity_check
from accounts.services.moderation.reports import file_report
from accounts.services.people.email_addresses import claim_email, mint_email_code
from accounts.services.staff.groups import ensure_groups
from lokahome.core import clock
from lokahome.core.files.uploads import announce_upload, receive_upload
from lokahome.core.ids import uuid7
from lokahome.tests.people import PASSWORD, live_session, proved_now
from lokahome.tests.security.world import Person, Side, World
from messaging.models import Notification
from messaging.tests import factories as words
from properties.services.photos import remove_photo
from properties.tests import factories as homes


def staff() -> dict[str, User]:
    """Return who decides about what people wrote, and who decides about people."""
    ensure_groups()
    return {name: _member(name) for name in ("moderator", "lead")}


def _member(group: str) -> User:
    user = User.objects.create_staff(
        username=group, password=PASSWORD, full_name=f"Équipe {group}"
    )
    RoleGrant.objects.create(user=user, role=RoleGrant.Role.ADMIN)
    user.groups.set(Group.objects.filter(name=group))
    return user


def add_personal(side: Side) -> None:
    """Add what each person of *side* has for themselves."""
    of = {role: person.user for role, person in side.people.items()}
    side.things |= {
        "upload_announced": {role: announced(user) for role, user in of.items()},
        "upload": {role: homes.upload(user) for role, user in of.items()},
        "upload_identity": {
            role: whole_file(user, "identity") for role, user in of.items()
        },
        "upload_mandate": {
            role: whole_file(user, "mandate") for role, user in of.items()
        },
        "identity_check": {role: _check(it) for role, it in side.people.items()},
        "phone": {role: user.phones.first() for role, user in of.items()},
        "role": {role: user.roles.order_by("pk").first() for role, user in of.items()},
        "email": {role: Email.objects.get(user=user) for role, user in of.items()},
        "email_claimed": {role: _claim(side, role) for role in of},
    }


def _claim(side: Side, role: str) -> Email:
    address = f"nouveau-canari-{side.name}-{role}@example.bj"
    person = side.people[role]
    person.secrets["claim"] = address
    session = proved_now(live_session(person.user))
    claim = claim_email(session=session, address=address, now=clock.now())
    side.codes[str(claim.pk)] = mint_email_code(email_id=claim.pk, now=clock.now())
    return claim


def announced(user: User):
    """Return a photo of *user* that was announced and whose bytes did not come."""
    content = homes.jpeg(64, 48)
    return announce_upload(
        owner_id=user.pk,
        kind="photo",
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )


def whole_file(user: User, kind: str):
    """Return a whole picture of *user* that is to be seen by few."""
    content = homes.jpeg(320, 200, colour="navy")
    row = announce_upload(
        owner_id=user.pk,
        kind=kind,
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        now=clock.now(),
    )
    return receive_upload(upload=row, content=content, now=clock.now())


def _check(person: Person) -> IdentityCheck:
    number = f"KAN{person.id.hex[-6:].upper()}"
    person.secrets["document"] = number
    return submit_identity_check(
        person=person.user,
        document_kind="passport",
        number=number,
        expires_on=clock.today() + timedelta(days=900),
        upload_id=whole_file(person.user, "identity").pk,
        now=clock.now(),
    )


def add_words(side: Side) -> None:
    """Add what people of *side* say to each other, and what they were told."""
    listing = side.things["listing_published"]
    conversation = words.about_listing(side.landlord, side.tenant, listing)
    side.things["conversation"] = conversation
    words.say(conversation, side.tenant, f"Bonjour-canari-{side.name}")
    side.things["message"] = words.say(conversation, side.landlord, "Bonsoir")
    side.people["tenant"].secrets["words"] = f"Bonjour-canari-{side.name}"
    side.things["notification"] = {
        role: _told(person.user, side) for role, person in side.people.items()
    }
    side.things["report"] = {
        role: file_report(
            reporter=person.user,
            subject=f"listing:{listing.pk}",
            reason="scam",
            detail=f"Détail-canari-{side.name}-{role}",
            now=clock.now(),
        )[0]
        for role, person in side.people.items()
        if role != "landlord"
    }
    side.things["report"]["landlord"] = file_report(
        reporter=side.landlord,
        subject=f"review:{side.things['review'].pk}",
        reason="false",
        detail=f"Détail-canari-{side.name}-landlord",
        now=clock.now(),
    )[0]
    for role, person in side.people.items():
        person.secrets["report"] = f"Détail-canari-{side.name}-{role}"


def _told(user: User, side: Side) -> Notification:
    row = Notification(
        id=uuid7(),
        fact=f"properties.lease_activated:{user.pk}",
        person_id=user.pk,
        template="lease_active",
        context_ids={"lease_id": str(side.things["lease"].pk)},
    )
    row.save()
    return row


def remove_some(world: World) -> None:
    """Remove one of what people can remove, and remember its id."""
    here = world.sides["here"]
    photo = homes.photographed(here.landlord, here.things["listing_draft"])
    remove_photo(
        listing_id=photo.listing_id,
        actor=here.landlord,
        photo_id=photo.pk,
        now=clock.now(),
    )
    world.gone["photo"] = photo.pk
    here.things["listing_draft"].refresh_from_db()
