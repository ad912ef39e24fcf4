"""Terms, signatures, and what the second one sets in motion."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.events.models import OutboxEvent
from lokahome.core.invariants import check_invariants
from lokahome.core.money import Money
from properties.models import Application, Lease, Listing
from properties.services.lease_drafts import (
    LeaseNotDraft,
    LeaseRefusedByLaw,
    change_lease_terms,
    correct_lease,
    send_lease,
)
from properties.services.leases import TermsChanged, sign_lease
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def sign(lease, person, digest=None):
    return sign_lease(
        lease_id=lease.pk,
        person=person.user,
        terms_digest=digest or lease.terms_digest,
        now=clock.now(),
        client_ip="192.0.2.7",
    )


def change(lease, owner, **changes):
    return change_lease_terms(
        lease_id=lease.pk, landlord=owner.user, changes=changes, now=clock.now()
    )


def test_the_second_signature_starts_everything(kossi, ama, stranger):
    listing = make.published(kossi.user)
    left_over = make.application(stranger.user, listing)
    sent = make.application(ama.user, listing, move_in_on=clock.today())
    lease = make.accept_and_send(kossi.user, sent)

    assert sign(lease, ama).status == "out_for_signature"
    assert sign(lease, kossi).status == "active"

    sent.refresh_from_db()
    left_over.refresh_from_db()
    assert (sent.status, left_over.status) == ("converted", "declined")
    assert Listing.objects.get().status == "let"
    period = lease.rent_periods.get()
    assert (period.amount, period.starts_on) == (35_000, lease.starts_on)
    names = list(OutboxEvent.objects.values_list("name", flat=True))
    assert names.count("properties.lease_signed") == 2
    for name in ("lease_activated", "listing_let", "rent_period_opened"):
        assert names.count(f"properties.{name}") == 1
    assert check_invariants() == []


def test_signing_again_changes_nothing(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    for _ in range(3):
        sign(lease, ama)
    assert lease.signatures.count() == 1
    sign(lease, kossi)
    assert sign(lease, ama).status == "active"
    assert Lease.objects.get().rent_periods.count() == 1


def test_the_address_goes_to_the_erasable_side_of_the_audit_log(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    sign(lease, ama)
    event = AuditEvent.objects.get(action="lease.signed")
    assert event.details == {"role": "tenant", "terms_digest": lease.terms_digest}
    assert event.personal.values == {"ip": "192.0.2.7"}


def test_terms_that_changed_are_not_signed_by_mistake(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    read = lease.terms_digest
    sign(lease, ama)
    correct_lease(lease_id=lease.pk, landlord=kossi.user, now=clock.now())
    change(lease, kossi, due_day=10)
    lease = send_lease(lease_id=lease.pk, landlord=kossi.user, now=clock.now())
    assert lease.terms_digest != read
    with pytest.raises(TermsChanged):
        sign(lease, ama, digest=read)
    assert sign(lease, kossi).status == "out_for_signature", "ama has to sign anew"
    assert sign(lease, ama).status == "active"


def test_a_withdrawn_signature_does_not_count_for_the_same_words(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    sign(lease, ama)
    correct_lease(lease_id=lease.pk, landlord=kossi.user, now=clock.now())
    send_lease(lease_id=lease.pk, landlord=kossi.user, now=clock.now())
    lease.refresh_from_db()
    assert sign(lease, kossi).status == "out_for_signature", "ama has to sign anew"
    assert sign(lease, ama).status == "active"


def test_only_the_parties_sign_and_only_when_sent(kossi, ama, stranger):
    draft = make.drafted_lease(kossi.user, ama.user)
    with pytest.raises(StateConflict):
        sign(draft, ama, digest="0" * 64)
    lease = send_lease(lease_id=draft.pk, landlord=kossi.user, now=clock.now())
    with pytest.raises(NotFound):
        sign(lease, stranger)
    assert not lease.signatures.exists()


def test_what_the_law_refuses_is_said_at_once_and_stays_a_draft(kossi, ama):
    lease = make.drafted_lease(kossi.user, ama.user)
    change(
        lease,
        kossi,
        deposit=Money(105_001),
        starts_on=clock.today() + timedelta(days=400),
    )
    with pytest.raises(LeaseRefusedByLaw) as refusal:
        send_lease(lease_id=lease.pk, landlord=kossi.user, now=clock.now())
    assert {error.pointer for error in refusal.value.errors} == {
        "/deposit",
        "/starts_on",
    }
    lease.refresh_from_db()
    assert lease.status == "draft"


def test_terms_out_for_signature_do_not_change(kossi, ama):
    lease = make.lease_to_sign(kossi.user, ama.user)
    with pytest.raises(LeaseNotDraft):
        change(lease, kossi, due_day=9)


def test_the_database_holds_one_running_lease_a_unit(kossi, ama, stranger):
    lease = make.active_lease(kossi.user, ama.user)
    other = make.active_lease(kossi.user, stranger.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        Lease.objects.filter(pk=other.pk).update(unit_id=lease.unit_id)
    assert Application.objects.filter(status="converted").count() == 2
