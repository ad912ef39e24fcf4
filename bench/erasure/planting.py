"""One person who did everything, with a canary in every place that holds their words.

Rows are written directly, since no service would let one person be tenant, landlord and
tradesperson with all of it over and done. Runs inside Django; the tests use it too.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.gis.geos import Point
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from accounts import models as people
from lokahome.core.api.idempotency import IdempotencyKey
from lokahome.core.audit.record import record
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from marketplace import models as market
from marketplace.services.categories import load_categories
from messaging import models as words
from payments import models as money
from properties import models as homes

HOME = Point(2.3994, 6.3614, srid=4326)
SHA = "0" * 64


@dataclass(slots=True)
class Planted:
    """The canaries by name: what a copy shows, what must go, what stays and says so."""

    person: people.User
    other: people.User
    now: datetime
    shown: dict[str, str] = field(default_factory=dict)
    """In the copy, and nowhere after the erasure."""
    inner: dict[str, str] = field(default_factory=dict)
    """Not in the copy (drafts of storage, others' mail), and nowhere afterwards."""
    documented: dict[str, str] = field(default_factory=dict)
    """In the copy, and kept for a reason that docs/privacy.md gives."""

    def new(self, name: str, where: dict[str, str] | None = None) -> str:
        """Return a new canary called *name*."""
        canary = f"canari-{name}-{secrets.token_hex(6)}"
        (self.shown if where is None else where)[name] = canary
        return canary

    def number(self, name: str) -> str:
        """Return a new number of MTN as a canary."""
        self.shown[name] = f"+229019{secrets.randbelow(10**7):07d}"
        return self.shown[name]

    def file(self, name: str, where: dict[str, str] | None = None) -> bytes:
        """Return the bytes of a file with a canary in it."""
        return b"\xff\xd8\xff" + self.new(name, where).encode()


@transaction.atomic
def plant(*, now: datetime) -> Planted:
    """Make the person, somebody to deal with, and every row; return the canaries."""
    person = people.User.objects.create_person()
    other = people.User.objects.create_person(full_name="Quelqu’un d’autre")
    made = Planted(person, other, now)
    person.full_name = made.new("name")
    person.save()
    for role in ("tenant", "landlord", "provider"):
        people.RoleGrant(user=person, role=role).save()
    _identity(made)
    application, unit = _homes(made)
    _living(made, application, unit)
    _work(made)
    _words(made)
    _money(made)
    _ground(made)
    return made


def _identity(made: Planted) -> None:
    person, now = made.person, made.now
    people.Phone(user=person, number=made.number("phone"), verified_at=now).save()
    people.Phone(
        user=person,
        number=made.number("phone_before"),
        verified_at=now,
        released_at=now,
        **_released(),
    ).save()
    for name, proved in (("email", now), ("email_claim", None)):
        people.Email(
            user=person,
            address=f"{made.new(name)}@example.org",
            code_hash=SHA,
            minted_at=now,
            expires_at=now,
            verified_at=proved,
        ).save()
    people.Device(
        user=person,
        key_digest=secrets.token_hex(32),
        name=made.new("device"),
        first_seen_at=now,
        last_seen_at=now,
    ).save()
    people.CodeRequest(
        phone=made.shown["phone"], purpose="sign_in", expires_at=now
    ).save()
    upload = _upload(made, "identity", made.file("identity_file", made.inner))
    staff = people.User.objects.create_staff(
        username=f"v-{uuid4().hex[:8]}", password=secrets.token_hex(8)
    )
    people.IdentityCheck(
        person=person,
        purpose="identity",
        document_kind="cip",
        number=made.new("document_number"),
        number_digest=secrets.token_hex(32),
        digits_digest=secrets.token_hex(32),
        number_last3="042",
        upload_id=upload.pk,
        status="accepted",
        decided_by=staff,
        decided_at=now,
    ).save()
    case = people.Case(
        kind="report",
        queue="reports",
        subject=f"listing:{uuid4()}",
        title="Annonce signalée",
        status="decided",
        decision="no_action",
        reason="Rien dans ce contenu.",
        decided_by=staff,
        decided_at=now,
    )
    case.save()
    people.Report(
        reporter=person,
        subject=case.subject,
        reason="other",
        detail=made.new("report"),
        case=case,
        closed_at=now + timedelta(hours=1),
    ).save()
    people.Appeal(
        person=person,
        case=case,
        words=made.new("appeal"),
        status="upheld",
        answer="Rien n’a changé.",
        first_decider=staff,
        decided_by=made.other,
        decided_at=now,
    ).save()


def _released() -> dict[str, Any]:
    """Return why a number was released, where the table says it."""
    columns = {column.name for column in people.Phone._meta.concrete_fields}
    return {"release_reason": "removed"} if "release_reason" in columns else {}


def _homes(made: Planted) -> tuple[homes.Application, homes.Unit]:
    """Plant a home of the person's, and what they answered to somebody who applied."""
    person, other, now = made.person, made.other, made.now
    division = homes.Division.objects.order_by("pk").first()
    if division is None:
        division = homes.Division.objects.create(
            source_key="quartier/canari",
            level="quartier",
            code="canari",
            name="Cadjèhoun",
            search_name="cadjehoun",
            point=HOME,
            precision="quartier",
        )
    place = homes.Property(
        landlord=person,
        label=made.new("home_label"),
        division=division,
        path_text=made.new("home_path"),
        street=made.new("home_street"),
        door_number=made.new("door")[:20],
        pin=HOME,
    )
    made.shown["door"] = made.shown["door"][:20]
    place.save()
    unit = homes.Unit(
        property=place,
        landlord=person,
        label=made.new("unit_label"),
        kind="studio",
        sanitary="sanitary",
    )
    unit.save()
    listing = homes.Listing(
        unit=unit,
        landlord=person,
        slug=f"studio-{uuid4().hex[:8]}",
        status="paused",
        title="Studio à Cadjèhoun",
        description=made.new("listing_text"),
        rent=30_000,
        entry_total=90_000,
        kind="studio",
        bedrooms=1,
        sanitary="sanitary",
        division=division,
        public_point=HOME,
        photo_count=1,
        submitted_at=now,
    )
    listing.save()
    homes.EntryCost(
        listing=listing,
        kind="deposit",
        amount=60_000,
        note=made.new("cost_note"),
        legal_mark="legal",
        rules_version="1",
    ).save()
    homes.ListingPhoto(
        listing=listing,
        upload_id=uuid7(),
        position=1,
        width=1,
        height=1,
        variants=_picture(made, "listing_photo"),
    ).save()
    got = homes.Application(
        listing=listing,
        unit=unit,
        landlord=person,
        tenant=other,
        status="declined",
        move_in_on=now.date(),
        decision_reason=made.new("answer"),
        sent_at=now,
        decided_at=now,
    )
    got.save()
    mine = homes.Application(
        listing=listing,
        unit=unit,
        landlord=other,
        tenant=person,
        status="converted",
        message=made.new("application"),
        move_in_on=now.date(),
        sent_at=now,
        decided_at=now,
    )
    mine.save()
    return mine, unit


def _living(made: Planted, application: homes.Application, unit: homes.Unit) -> None:
    """Plant a lease that is over, and what was broken under it."""
    person, other, now = made.person, made.other, made.now
    lease = homes.Lease(
        application=application,
        listing=application.listing,
        unit=unit,
        landlord=other,
        tenant=person,
        status="ended",
        rent=30_000,
        deposit=60_000,
        starts_on=now.date(),
        due_day=5,
        terms_digest=SHA,
        sent_at=now,
        activated_at=now,
    )
    lease.save()
    ticket = homes.Ticket(
        lease=lease,
        landlord=other,
        tenant=person,
        opened_by=person,
        category_slug="plumbing",
        title=made.new("ticket_title"),
        description=made.new("ticket_text"),
        status="closed",
        payer="tenant",
        decision_reason="Usure.",
        decided_at=now,
        contested_at=now,
        contest_reason=made.new("contest"),
        close_reason=made.new("ticket_end"),
    )
    ticket.save()
    homes.TicketPhoto(
        ticket=ticket,
        upload_id=uuid7(),
        added_by=person,
        position=1,
        width=1,
        height=1,
        variants=_picture(made, "ticket_photo"),
    ).save()


def _work(made: Planted) -> None:
    """Plant a profile, a request of theirs, and a job that they did and disputed."""
    person, other, now = made.person, made.other, made.now
    load_categories()
    category = market.ServiceCategory.objects.get(slug="plumbing")
    division = homes.Division.objects.order_by("pk").first()
    profile = market.ProviderProfile(
        person=person,
        display_name=made.new("provider_name"),
        about=made.new("provider_about"),
        base_point=HOME,
        public_point=HOME,
        radius_m=5_000,
    )
    profile.save()
    market.ProviderSkill(provider=profile, category=category).save()

    def request(by: people.User, **values: Any) -> market.ServiceRequest:
        row = market.ServiceRequest(
            requester=by,
            category=category,
            division=division,
            point=HOME,
            public_point=HOME,
            status="closed",
            expires_at=now,
            ended_at=now,
            **{"title": "Fuite", **values},
        )
        row.save()
        return row

    request(
        person,
        title=made.new("request_title"),
        description=made.new("request_text"),
        directions=made.new("directions"),
    )
    theirs = request(other)
    quote = market.Quote(
        request=theirs,
        provider=person,
        total=10_000,
        note=made.new("quote_note"),
        expires_at=now,
        status="accepted",
        decided_at=now,
    )
    quote.save()
    market.QuoteLine(
        quote=quote,
        position=1,
        kind="labour",
        label=made.new("quote_line", made.documented),
        amount=10_000,
    ).save()
    job = market.Job(
        request=theirs,
        quote=quote,
        customer=other,
        provider=person,
        amount=10_000,
        status="closed",
        escrow_id=uuid7(),
        charge_id=uuid7(),
        funded_at=now,
        started_at=now,
        delivered_at=now,
        disputed_at=now,
        disputed_by="provider",
        dispute_reason=made.new("dispute"),
        case_id=uuid7(),
        ended_at=now,
        to_customer=0,
    )
    job.save()
    market.JobPhoto(
        job=job,
        upload_id=uuid7(),
        taken_by=person,
        moment="finish",
        position=1,
        width=1,
        height=1,
        variants=_picture(made, "job_photo"),
    ).save()
    market.Review(
        job=job,
        author=person,
        about=other,
        author_role="provider",
        rating=5,
        text=made.new("review"),
        revealed_at=now,
    ).save()


def _words(made: Planted) -> None:
    person, now = made.person, made.now
    subject = f"job:{uuid4()}"
    conversation = words.Conversation(subject=subject, key=subject, last_seq=1)
    conversation.save()
    for taker in (person, made.other):
        words.Participant(conversation=conversation, person=taker).save()
        words.PersonLog(person=taker, last_useq=1).save()
        words.PersonEvent(
            person=taker, useq=1, kind="message", conversation=conversation, seq=1
        ).save()
    words.Message(
        conversation=conversation,
        seq=1,
        sender=person,
        client_id=uuid7(),
        body=made.new("message", made.documented),
        digest=SHA,
    ).save()
    words.InboundSms(
        gateway="twilio",
        gateway_message_id=uuid4().hex,
        sender=made.shown["phone"],
        text=made.new("sms"),
        person=person,
        outcome="refused",
        handled_at=now,
    ).save()
    words.InboundSms(
        gateway="twilio",
        gateway_message_id=uuid4().hex,
        sender=made.shown["phone_before"],
        text=made.new("sms_of_nobody", made.inner),
        outcome="unknown_number",
        handled_at=now,
    ).save()
    words.CaughtMessage(
        channel="sms",
        to=made.shown["phone"],
        text=made.new("caught", made.inner),
    ).save()
    told = words.Notification(
        person=person, fact=f"tests.planted:{uuid4()}", template="identity_checked"
    )
    told.save()


def _money(made: Planted) -> None:
    now = made.now
    charge = money.Charge(
        reference=f"CAN-{uuid4().hex[:12]}",
        subject=f"job:{uuid4()}",
        payer_id=made.person.pk,
        payee_id=made.other.pk,
        amount=10_000,
        gateway="fedapay",
        operator="mtn",
        payer_phone=made.shown["phone"],
        description="Prestation",
        expires_at=now,
        next_check_at=now,
    )
    charge.save()
    charge.status = money.ChargeStatus.FAILED
    charge.failure_code = "unknown"
    charge.next_check_at = None
    charge.save()
    body = made.new("notice")
    money.GatewayNotice(
        gateway="fedapay",
        event_id=uuid4().hex,
        kind="transaction.declined",
        object_type="charge",
        gateway_object_id="42",
        charge=charge,
        signed_at=now,
        raw_body=f'{{"customer": "{body}"}}'.encode(),
        body_digest=secrets.token_hex(32),
        headers={},
        body_kept_until=now + timedelta(days=30),
        outcome="no_change",
        handled_at=now,
    ).save()


def _ground(made: Planted) -> None:
    person = made.person
    record(
        "session.opened",
        subject=f"user:{person.pk}",
        actor_id=person.pk,
        personal={"agent": made.new("agent")},
    )
    IdempotencyKey(
        scope=f"user:{person.pk}",
        route="POST me",
        key=str(uuid4()),
        fingerprint=SHA,
        status=200,
        body=made.new("kept_answer").encode(),
    ).save()
    _upload(made, "photo", made.file("loose_upload", made.inner))


def _upload(made: Planted, kind: str, content: bytes) -> Upload:
    pk = uuid7()
    name = storages["private"].save(f"uploads/{pk}", ContentFile(content))
    upload = Upload(
        id=pk,
        owner_id=made.person.pk,
        kind=kind,
        mime="image/jpeg",
        size_bytes=len(content),
        sha256=secrets.token_hex(32),
        status="attached",
        file_name=name,
        received_at=made.now,
    )
    upload.save()
    return upload


def _picture(made: Planted, name: str) -> list[dict[str, Any]]:
    content = made.file(name)
    key = storages["default"].save(f"canari/{uuid4().hex}.jpg", ContentFile(content))
    return [
        {"format": "jpeg", "width": 1, "height": 1, "bytes": len(content), "key": key}
    ]
