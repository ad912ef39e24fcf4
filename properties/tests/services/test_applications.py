"""Applying, accepting, declining, withdrawing."""

from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.errors import InvalidInput, NotFound, RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.states import TransitionRefused
from properties.models import Application, Lease, Property
from properties.services import applications
from properties.services.applications import (
    AlreadyApplied,
    AlreadyPromised,
    CannotApply,
    accept_application,
    decline_application,
    review_application,
    withdraw_application,
)
from properties.services.legal_marks import CostLine
from properties.services.moderation import ReasonMissing
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def accept(row, owner):
    return accept_application(
        application_id=row.pk, landlord=owner.user, now=clock.now()
    )


def test_an_accepted_application_drafts_the_lease_from_the_listing(kossi, ama):
    listing = make.published(kossi.user, costs=(CostLine("deposit", 70_000),))
    sent = make.application(ama.user, listing)
    application, lease = accept(sent, kossi)
    assert application.status == "accepted"
    assert (lease.rent, lease.deposit, lease.currency) == (35_000, 70_000, "XOF")
    assert (lease.status, lease.starts_on) == ("draft", sent.move_in_on)
    assert (lease.tenant_id, lease.landlord_id) == (ama.id, kossi.id)
    names = OutboxEvent.objects.values_list("name", flat=True)
    assert "properties.application_received" in names
    assert "properties.application_accepted" in names


def test_accepting_again_returns_the_same_lease(kossi, ama):
    sent = make.application(ama.user, make.published(kossi.user))
    assert accept(sent, kossi)[1] == accept(sent, kossi)[1]
    assert Lease.objects.count() == 1


def test_one_application_of_a_listing_is_accepted(kossi, ama, stranger):
    listing = make.published(kossi.user)
    first, second = (
        make.application(ama.user, listing),
        make.application(stranger.user, listing),
    )
    accept(first, kossi)
    with pytest.raises(AlreadyPromised):
        accept(second, kossi)
    second.refresh_from_db()
    assert second.status == "sent"


def test_the_exact_address_opens_with_acceptance_and_closes_with_withdrawal(kossi, ama):
    listing = make.published(kossi.user)
    seen = lambda: Property.objects.visible_to(ama.user).exists()  # noqa: E731
    sent = make.application(ama.user, listing)
    assert not seen()
    accept(sent, kossi)
    assert seen()
    withdraw_application(application_id=sent.pk, tenant=ama.user, now=clock.now())
    assert not seen()
    assert Lease.objects.get().status == "abandoned"


def test_nobody_applies_twice_to_ones_own_or_to_what_is_not_published(kossi, ama):
    listing = make.published(kossi.user)
    make.application(ama.user, listing)
    with pytest.raises(AlreadyApplied):
        make.application(ama.user, listing)
    with pytest.raises(CannotApply):
        make.application(kossi.user, listing)
    with pytest.raises(NotFound):
        make.application(ama.user, make.listing(kossi.user))
    assert Application.objects.count() == 1


@pytest.mark.parametrize("days", [-32, 367])
def test_the_day_of_entry_is_within_reach(kossi, ama, days):
    listing = make.published(kossi.user)
    with pytest.raises(InvalidInput) as refusal:
        make.application(
            ama.user, listing, move_in_on=clock.today() + timedelta(days=days)
        )
    assert refusal.value.errors[0].pointer == "/move_in_on"


def test_declining_needs_a_reason_and_is_final(kossi, ama):
    sent = make.application(ama.user, make.published(kossi.user))
    answer = {
        "application_id": sent.pk,
        "landlord": kossi.user,
        "now": clock.now(),
    }
    with pytest.raises(ReasonMissing):
        decline_application(**answer, reason="")
    review_application(**answer)
    assert decline_application(**answer, reason="Déjà promis").status == "declined"
    with pytest.raises(TransitionRefused):
        accept(sent, kossi)
    assert not Lease.objects.exists()


def test_only_the_landlord_of_the_listing_answers(kossi, ama):
    sent = make.application(ama.user, make.published(kossi.user))
    with pytest.raises(NotFound):
        accept_application(
            application_id=sent.pk,
            landlord=make.landlord("Rachid Bio"),
            now=clock.now(),
        )


def test_who_applies_and_withdraws_in_a_loop_is_stopped(kossi, ama, monkeypatch):
    monkeypatch.setattr(applications, "APPLICATIONS_A_DAY", 3)
    listing = make.published(kossi.user)
    for _ in range(3):
        sent = make.application(ama.user, listing)
        withdraw_application(application_id=sent.pk, tenant=ama.user, now=clock.now())
    with pytest.raises(RateLimited):
        make.application(ama.user, listing)
    received = OutboxEvent.objects.filter(name="properties.application_received")
    assert received.count() == Application.objects.count() == 3
