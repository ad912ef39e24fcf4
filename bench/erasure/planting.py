"""One person who did everything, with a canary in every place that holds their words.

Rows are written directly, since no service would let one person be tenant, landlord and
tradesperson with all of it over and done. Runs inside Django; the tests use it too.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from accounts import models as people
from bench.erasure.canaries import Planted
from bench.erasure.places import plant_homes, plant_lease, plant_work
from lokahome.core.api.idempotency import IdempotencyKey
from lokahome.core.audit.record import record
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from messaging import models as words
from payments import models as money

SHA = "0" * 64


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
    application, unit = plant_homes(made)
    plant_lease(made, application, unit)
    plant_work(made)
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
