"""Who is told what, from the fact to the words."""

import pytest
from django.db import transaction

from accounts import events as people
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.events.delivering import drain
from lokahome.core.events.outbox import append
from lokahome.core.events.subscribers import SUBSCRIBERS
from lokahome.core.ids import uuid7
from marketplace import events as services
from messaging.models import CaughtMessage, Notification, OutgoingMessage
from messaging.services.plan import PLANS, SMS
from messaging.subscribers import people as of_people
from messaging.subscribers import services as of_services
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
    assert state == {
        "messaging.hide_message_of_decided_case",
        "messaging.show_message_of_overturned_case",
    }
    assert {item.lane_label for item in mine} == {"notify", "state"}


def parties(ama, kossi):
    return {"customer_id": kossi.user.pk, "provider_id": ama.user.pk}


def test_each_fact_of_repairs_services_and_people_is_told_to_its_people(
    ama, kossi, only_messaging
):
    a, k = ama.user, kossi.user
    about_ticket = {
        "ticket_id": uuid7(),
        "lease_id": uuid7(),
        "landlord_id": k.pk,
        "tenant_id": a.pk,
        "opened_by_id": a.pk,
    }
    of_request = {"request_id": uuid7(), "requester_id": k.pk}
    of_quote = {**of_request, "quote_id": uuid7(), "provider_id": a.pk}
    of_job = {"job_id": uuid7(), **parties(ama, kossi)}
    franc = {"currency": "XOF"}
    split = {"to_customer": 0, "to_provider": 100, **franc}
    of_payout = {"payout_id": uuid7(), "subject_ref": "job:x", "payee_id": a.pk}
    of_refund = {
        "refund_id": uuid7(),
        "charge_id": uuid7(),
        "subject_ref": "job:x",
        "payer_id": k.pk,
    }
    cases = [
        (homes.TicketOpened(**about_ticket), [(k, "ticket_opened")]),
        (
            homes.TicketDecided(**about_ticket, payer="landlord"),
            [(a, "ticket_decided")],
        ),
        (
            homes.TicketResolved(**about_ticket, payer="landlord", cost=1, **franc),
            [(k, "ticket_resolved"), (a, "ticket_resolved")],
        ),
        (
            homes.ListingSuspended(listing_id=uuid7(), landlord_id=k.pk),
            [(k, "listing_suspended")],
        ),
        (services.RequestExpired(**of_request), [(k, "request_expired")]),
        (services.QuoteReceived(**of_quote), [(k, "quote_received")]),
        (
            services.QuoteAccepted(**of_quote, job_id=uuid7()),
            [(a, "quote_accepted")],
        ),
        (services.QuoteDeclined(**of_quote), [(a, "quote_declined")]),
        (
            services.JobFunded(**of_job, amount=1, **franc),
            [(a, "job_funded"), (k, "job_held")],
        ),
        (services.JobStarted(**of_job), [(k, "job_started")]),
        (services.JobDelivered(**of_job), [(k, "job_delivered")]),
        (
            services.JobApproved(**of_job, by_silence=False),
            [(a, "job_approved")],
        ),
        (
            services.JobDisputed(**of_job, case_id=uuid7()),
            [(k, "job_disputed"), (a, "job_disputed")],
        ),
        (
            services.JobDisputeDecided(**of_job, case_id=uuid7(), **split),
            [(k, "dispute_decided"), (a, "dispute_decided")],
        ),
        (
            services.JobClosed(**of_job, **split),
            [(k, "job_closed"), (a, "job_closed")],
        ),
        (
            services.JobCancelled(**of_job, cancelled_by="customer", refund=0, **franc),
            [(k, "job_cancelled"), (a, "job_cancelled")],
        ),
        (
            services.ReviewsRevealed(**of_job),
            [(k, "reviews_revealed"), (a, "reviews_revealed")],
        ),
        (
            money.PayoutSucceeded(**of_payout, amount=1, **franc),
            [(a, "payout_sent")],
        ),
        (
            money.PayoutFailed(**of_payout, failure_code="unknown"),
            [(a, "payout_failed")],
        ),
        (
            money.RefundSucceeded(**of_refund, amount=1, **franc),
            [(k, "refund_done")],
        ),
        (
            money.RefundFailed(**of_refund, failure_code="unknown"),
            [(k, "refund_failed")],
        ),
        (
            people.IdentityChecked(check_id=uuid7(), person_id=a.pk, status="accepted"),
            [(a, "identity_checked")],
        ),
        (
            people.SanctionImposed(
                sanction_id=uuid7(), person_id=a.pk, measure="restrict"
            ),
            [(a, "sanction_imposed")],
        ),
        (
            people.SanctionEnded(
                sanction_id=uuid7(), person_id=a.pk, measure="ban", outcome="lifted"
            ),
            [(a, "sanction_ended")],
        ),
        (
            people.AppealDecided(
                appeal_id=uuid7(), person_id=a.pk, outcome="overturned"
            ),
            [(a, "appeal_decided")],
        ),
        (
            people.ExternalIdentityLinked(
                person_id=a.pk, identity_id=uuid7(), provider="google"
            ),
            [(a, "identity_linked")],
        ),
    ]
    for event, expected in cases:
        Notification.objects.all().delete()
        CaughtMessage.objects.all().delete()
        happened(event)
        happened(event)
        shown = Notification.objects.order_by("id").values_list("person", "template")
        assert list(shown) == [(who.pk, name) for who, name in expected], event.name
        by_sms = [
            (who.phone, name) for who, name in expected if SMS in PLANS[name].channels
        ]
        assert told() == by_sms, event.name


def test_who_is_on_site_of_a_job_is_told_that_it_begins(
    ama, kossi, afi, only_messaging, monkeypatch
):
    monkeypatch.setattr(of_services, "occupant_of", lambda _job: afi.user.pk)
    happened(services.JobStarted(job_id=uuid7(), **parties(ama, kossi)))
    assert told() == [
        (kossi.user.phone, "job_started"),
        (afi.user.phone, "job_started"),
    ]


def test_a_request_is_shown_to_the_providers_around_and_to_nobody_else(
    ama, kossi, afi, only_messaging, monkeypatch
):
    monkeypatch.setattr(of_services, "providers_near", lambda _request: [afi.user.pk])
    happened(services.RequestOpened(request_id=uuid7(), requester_id=kossi.user.pk))
    assert list(Notification.objects.values_list("person", "template")) == [
        (afi.user.pk, "request_nearby")
    ]
    assert told() == []


def test_those_who_quoted_are_told_that_the_request_is_gone(
    ama, kossi, afi, only_messaging, monkeypatch
):
    monkeypatch.setattr(
        of_services, "quoters_of", lambda _request: [afi.user.pk, ama.user.pk]
    )
    event = services.RequestCancelled(request_id=uuid7(), requester_id=kossi.user.pk)
    happened(event)
    people_told = set(Notification.objects.values_list("person", flat=True))
    assert people_told == {afi.user.pk, ama.user.pk}


@pytest.mark.parametrize(
    ("decision", "words"), [("hide", "retiré"), ("no_action", "respecte nos règles")]
)
def test_who_reported_something_is_told_what_was_decided(
    ama, only_messaging, monkeypatch, decision, words
):
    monkeypatch.setattr(of_people, "reporters_of", lambda _case: [ama.user.pk])
    happened(
        people.CaseDecided(
            case_id=uuid7(),
            kind="listing_report",
            queue="reports",
            subject_ref="listing:x",
            decision=decision,
        )
    )
    (row,) = ama.get("/api/v1/notifications").json()["data"]
    assert words in row["body"]


def test_one_person_in_two_parts_is_told_once(ama, only_messaging):
    same = {"customer_id": ama.user.pk, "provider_id": ama.user.pk}
    happened(services.ReviewsRevealed(job_id=uuid7(), **same))
    assert Notification.objects.count() == 1


def test_a_carrier_that_is_away_keeps_nobody_from_seeing_it_in_the_app(
    ama, kossi, only_messaging, settings
):
    settings.SMS_TRANSPORT = "none"
    event = services.JobFunded(
        job_id=uuid7(), amount=1, currency="XOF", **parties(ama, kossi)
    )
    happened(event)
    assert set(Notification.objects.values_list("person", "template")) == {
        (ama.user.pk, "job_funded"),
        (kossi.user.pk, "job_held"),
    }
