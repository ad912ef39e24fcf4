"""Who is told what, from the fact to the words."""

import pytest
from django.db import transaction

from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.events.delivering import drain
from lokahome.core.events.outbox import append
from lokahome.core.events.subscribers import SUBSCRIBERS
from lokahome.core.ids import uuid7
from messaging.models import CaughtMessage, OutgoingMessage
from payments import events as money
from properties import events as homes


@pytest.fixture
def only_messaging(monkeypatch):
    """Keep the subscribers of other apps out: their rows do not exist here."""
    from lokahome.core.events import outbox

    mine = [item for item in SUBSCRIBERS.values() if item.name.startswith("messaging.")]
    monkeypatch.setattr(
        outbox,
        "subscribers_of",
        lambda event: [item for item in mine if isinstance(event, item.event)],
    )


def happened(event):
    with transaction.atomic():
        append(event)
    drain()


def told():
    """Return (number, template) of each message that left, in order."""
    by_id = {str(item.pk): item for item in OutgoingMessage.objects.all()}
    return [
        (caught.to, by_id[caught.reference].template)
        for caught in CaughtMessage.objects.order_by("id")
    ]


def test_each_fact_is_told_to_its_people(ama, kossi, only_messaging):
    a, k = ama.user, kossi.user
    listing, application, lease = uuid7(), uuid7(), uuid7()
    of_listing = {"listing_id": listing, "landlord_id": k.pk}
    of_application = {**of_listing, "application_id": application, "tenant_id": a.pk}
    of_lease = {"lease_id": lease, "landlord_id": k.pk, "tenant_id": a.pk}
    charge = {"subject_ref": f"lease:{lease}", "payer_id": a.pk}
    cases = [
        (homes.ListingPublished(**of_listing), [(k, "listing_published")]),
        (homes.ListingRejected(**of_listing), [(k, "listing_rejected")]),
        (homes.ListingChangesRequested(**of_listing), [(k, "listing_needs_changes")]),
        (homes.ApplicationReceived(**of_application), [(k, "application_received")]),
        (
            homes.ApplicationAccepted(**of_application, lease_id=lease),
            [(a, "application_accepted")],
        ),
        (homes.ApplicationDeclined(**of_application), [(a, "application_declined")]),
        (
            homes.LeaseSentForSignature(**of_lease),
            [(k, "lease_to_sign"), (a, "lease_to_sign")],
        ),
        (
            homes.LeaseActivated(**of_lease),
            [(k, "lease_active"), (a, "lease_active")],
        ),
        (
            money.ChargeFailed(
                charge_id=uuid7(), failure_code="insufficient_funds", **charge
            ),
            [(a, "charge_failed")],
        ),
        (money.ChargeExpired(charge_id=uuid7(), **charge), [(a, "charge_expired")]),
        (
            homes.RentPaid(
                **of_lease,
                charge_id=uuid7(),
                payer_id=a.pk,
                amount=35000,
                currency="XOF",
                allocated=35000,
                credit=0,
            ),
            [(a, "rent_paid_payer"), (k, "rent_paid_landlord")],
        ),
    ]
    for event, expected in cases:
        CaughtMessage.objects.all().delete()
        happened(event)
        assert told() == [(person.phone, name) for person, name in expected], event.name


def test_the_payer_of_a_failed_charge_is_told_that_nothing_was_taken(
    ama, only_messaging
):
    happened(
        money.ChargeFailed(
            charge_id=uuid7(),
            subject_ref="lease:x",
            payer_id=ama.user.pk,
            failure_code="declined_by_payer",
        )
    )
    text = CaughtMessage.objects.get().text
    assert "Rien n'a été débité" in text
    assert "refusé sur le téléphone" in text


def test_a_listing_published_twice_is_told_twice_and_each_time_once(
    kossi, only_messaging
):
    listing = uuid7()
    event = homes.ListingPublished(listing_id=listing, landlord_id=kossi.user.pk)
    for _ in range(2):
        StateChange(
            subject=f"listing:{listing}",
            action="publish",
            target="published",
            actor_kind="staff",
            created_at=clock.now(),
        ).save()
        happened(event)
        happened(event)
    assert CaughtMessage.objects.count() == 2


def test_one_person_without_a_number_does_not_keep_the_other_from_being_told(
    ama, kossi, only_messaging
):
    kossi.user.phones.all().delete()
    happened(
        homes.LeaseActivated(
            lease_id=uuid7(), landlord_id=kossi.user.pk, tenant_id=ama.user.pk
        )
    )
    assert [to for to, _template in told()] == [ama.user.phone]


def test_the_house_knows_the_lane_of_each_subscriber():
    mine = [item for name, item in SUBSCRIBERS.items() if name.startswith("messaging.")]
    state = {item.name for item in mine if item.lane_label == "state"}
    assert state == {"messaging.hide_message_of_decided_case"}
    assert {item.lane_label for item in mine} == {"notify", "state"}
