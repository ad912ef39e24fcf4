"""Asking for a service: where, who sees what of it, and the repair of a ticket."""

from datetime import timedelta

import pytest

from accounts.models import RoleGrant
from lokahome.core import clock
from lokahome.core.errors import InvalidInput, NotAllowed, NotFound, RateLimited
from lokahome.core.money import Money
from marketplace.models import ServiceRequest
from marketplace.policies import may_see_place
from marketplace.services.cancelling import cancel_job
from marketplace.services.choosing import UnknownCategory
from marketplace.services.jobs import approve_job
from marketplace.services.requests import (
    PayerUndecided,
    cancel_request,
    open_request_from_ticket,
)
from marketplace.tests import factories as make
from properties.models import Lease
from properties.models.geo import cell_of
from properties.services.homes import UnknownPlace
from properties.services.outline import PinOutsideBenin
from properties.services.tickets import (
    LeaseNotRunning,
    WorkUnderWay,
    decide_ticket,
    open_ticket,
)
from properties.tests import factories as homes

pytestmark = pytest.mark.django_db


def test_a_request_shows_its_quartier_and_a_blurred_point(ama, afi):
    make.provider(afi.user)
    row = make.request(ama.user)
    assert row.public_point != row.point
    assert cell_of(row.public_point) == cell_of(row.point)
    seen = ServiceRequest.objects.visible_to(afi.user)
    assert seen.get() == row
    assert not ServiceRequest.objects.opened_to(afi.user).exists()
    assert not may_see_place(afi.user, row, None)
    assert make.facts("request_opened") == [
        {"request_id": str(row.pk), "requester_id": str(ama.id)}
    ]


def test_the_exact_place_opens_with_the_acceptance_and_closes_with_the_end(
    ama, afi, stranger
):
    job = make.accepted(ama.user, afi.user)
    row = job.request

    def readers():
        return [
            person
            for person in (ama, afi, stranger)
            if ServiceRequest.objects.opened_to(person.user).exists()
        ]

    assert readers() == [ama, afi]
    assert may_see_place(afi.user, row, job)
    job = cancel_job(job_id=job.pk, person=afi.user, reason="Malade", now=clock.now())
    assert readers() == [ama]
    assert not may_see_place(afi.user, row, job)
    assert may_see_place(ama.user, row, job)


def test_a_request_disappears_from_providers_who_did_not_quote(ama, afi, stranger):
    RoleGrant.objects.create(user=stranger.user, role="provider")
    make.provider(stranger.user)
    row = make.request(ama.user)
    assert ServiceRequest.objects.visible_to(stranger.user).exists()
    make.accepted(ama.user, afi.user, request=row)
    assert not ServiceRequest.objects.visible_to(stranger.user).exists()
    assert ServiceRequest.objects.visible_to(afi.user).exists()
    assert ServiceRequest.objects.visible_to(ama.user).exists()


def test_a_unit_lends_its_place_to_its_own_people_only(kossi, ama, stranger):
    unit = homes.unit(kossi.user)
    place = unit.property
    row = make.request(kossi.user, point=None, unit_id=unit.pk)
    assert (row.point, row.directions) == (place.pin, place.path_text)
    assert (row.unit, row.division) == (unit, place.division)
    again = make.request(kossi.user, point=None, unit_id=unit.pk, title="Autre")
    assert again.public_point == row.public_point, "averaging finds nothing"
    before = make.snapshot()
    with pytest.raises(NotFound):
        make.request(stranger.user, point=None, unit_id=unit.pk)
    assert make.snapshot() == before


@pytest.mark.parametrize(
    ("changes", "refusal", "pointers"),
    [
        ({"title": "  "}, InvalidInput, ["/title"]),
        ({"point": None}, InvalidInput, ["/point"]),
        (
            {"point": None, "division_id": None},
            InvalidInput,
            ["/point", "/division_id"],
        ),
        ({"category_slug": "astrology"}, UnknownCategory, ["/category"]),
        ({"at": (3.38, 6.45)}, PinOutsideBenin, ["/point"]),
        (
            {"division_id": "01890000-0000-7000-8000-000000000001"},
            UnknownPlace,
            ["/division_id"],
        ),
        (
            {"landmark_id": "01890000-0000-7000-8000-000000000001"},
            UnknownPlace,
            ["/landmark_id"],
        ),
        (
            {"wanted_on": clock.today() - timedelta(days=1)},
            InvalidInput,
            ["/wanted_on"],
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(ama, changes, refusal, pointers):
    homes.division()
    before = make.snapshot()
    with pytest.raises(refusal) as refused:
        make.request(ama.user, **changes)
    assert [item.pointer for item in refused.value.errors] == pointers
    assert make.snapshot() == before


def test_twenty_requests_a_day_are_enough(ama):
    for _ in range(20):
        make.request(ama.user)
    with pytest.raises(RateLimited):
        make.request(ama.user)


# --- tickets -----------------------------------------------------------------------------
@pytest.fixture
def ticket(ama, kossi):
    """A leak that Ama, the tenant of Kossi's home, told of."""
    make.load_categories()
    lease = homes.active_lease(kossi.user, ama.user)
    return open_ticket(
        lease_id=lease.pk,
        person=ama.user,
        category_slug="leak",
        title="Fuite sous l’évier",
        description="L’eau coule dans le meuble.",
        now=clock.now(),
    )


def decided(ticket, kossi, payer):
    return decide_ticket(
        ticket_id=ticket.pk,
        landlord=kossi.user,
        payer=payer,
        reason="Usure normale",
        now=clock.now(),
    )


def from_ticket(ticket, person):
    return open_request_from_ticket(
        ticket_id=ticket.pk, requester=person.user, now=clock.now()
    )


def test_the_payer_turns_a_ticket_into_a_request(ticket, kossi, ama):
    decided(ticket, kossi, "landlord")
    row = from_ticket(ticket, kossi)
    assert (row.requester_id, row.occupant_id) == (kossi.id, ama.id)
    assert (row.title, row.category.slug) == (ticket.title, "leak")
    assert row.point == ticket.lease.unit.property.pin
    ticket.refresh_from_db()
    assert (ticket.status, ticket.work_ref) == (
        "in_progress",
        f"service_request:{row.pk}",
    )
    assert ServiceRequest.objects.visible_to(ama.user).get() == row


def test_a_tenant_who_pays_asks_alone(ticket, kossi, ama):
    decided(ticket, kossi, "tenant")
    row = from_ticket(ticket, ama)
    assert (row.requester_id, row.occupant_id) == (ama.id, None)
    assert not ServiceRequest.objects.visible_to(kossi.user).exists()


def test_nobody_but_the_payer_asks_and_nobody_before_the_decision(
    ticket, kossi, ama, stranger
):
    before = make.snapshot()
    for person in (kossi, ama):
        with pytest.raises(PayerUndecided):
            from_ticket(ticket, person)
    with pytest.raises(NotFound):
        from_ticket(ticket, stranger)
    assert make.snapshot() == before
    decided(ticket, kossi, "landlord")
    before = make.snapshot()
    with pytest.raises(NotAllowed):
        from_ticket(ticket, ama)
    assert make.snapshot() == before


@pytest.mark.parametrize("payer", ["landlord", "tenant"])
def test_a_lease_that_is_over_sends_nobody_to_the_home(ticket, kossi, ama, payer):
    """Somebody else may live there: no stranger is sent, no code told."""
    decided(ticket, kossi, payer)
    Lease.objects.filter(pk=ticket.lease_id).update(status="ended")
    before = make.snapshot()
    with pytest.raises(LeaseNotRunning):
        from_ticket(ticket, {"landlord": kossi, "tenant": ama}[payer])
    assert make.snapshot() == before


def test_a_ticket_has_one_live_request(ticket, kossi):
    decided(ticket, kossi, "landlord")
    row = from_ticket(ticket, kossi)
    before = make.snapshot()
    with pytest.raises(WorkUnderWay):
        from_ticket(ticket, kossi)
    assert make.snapshot() == before
    cancel_request(request_id=row.pk, requester=kossi.user, now=clock.now())
    ticket.refresh_from_db()
    assert (ticket.status, ticket.work_ref) == ("decided", "")
    assert from_ticket(ticket, kossi).pk != row.pk


def test_a_cancelled_job_frees_its_ticket(ticket, kossi, afi):
    decided(ticket, kossi, "landlord")
    job = make.funded(kossi.user, afi.user, request=from_ticket(ticket, kossi))
    cancel_job(job_id=job.pk, person=afi.user, reason="Malade", now=clock.now())
    ticket.refresh_from_db()
    assert (ticket.status, ticket.work_ref) == ("decided", "")
    other = make.accepted(kossi.user, afi.user, request=from_ticket(ticket, kossi))
    assert other.pk != job.pk


def test_a_closed_job_resolves_its_ticket_at_what_it_cost(ticket, kossi, ama, afi):
    decided(ticket, kossi, "landlord")
    job = make.delivered(kossi.user, afi.user, request=from_ticket(ticket, kossi))
    assert job.occupant_id == ama.id
    with pytest.raises(NotAllowed):
        approve_job(job_id=job.pk, customer=ama.user, now=clock.now())
    approve_job(job_id=job.pk, customer=kossi.user, now=clock.now())
    make.tell()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cost_money) == ("resolved", Money(make.PRICE))
    assert make.broken() == []


def test_a_ticket_of_an_unknown_trade_is_refused_until_one_is_chosen(ticket, kossi):
    type(ticket).objects.filter(pk=ticket.pk).update(category_slug="autre_chose")
    decided(ticket, kossi, "landlord")
    before = make.snapshot()
    with pytest.raises(UnknownCategory):
        from_ticket(ticket, kossi)
    assert make.snapshot() == before
    row = open_request_from_ticket(
        ticket_id=ticket.pk,
        requester=kossi.user,
        category_slug="plumbing",
        now=clock.now(),
    )
    assert row.category.slug == "plumbing"
