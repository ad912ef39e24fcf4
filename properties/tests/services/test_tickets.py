"""Telling what is broken, deciding who pays, contesting, and the repair."""

import threading

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Case
from accounts.services.moderation.cases import decide_case
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.errors import NotAllowed, NotFound, RateLimited, StateConflict
from lokahome.core.events.models import OutboxEvent
from lokahome.core.invariants import check_invariants
from lokahome.core.money import Money
from lokahome.core.states import TransitionRefused
from lokahome.tests.threads import race
from properties.models import Ticket
from properties.services import tickets
from properties.services.inserting import IdTaken
from properties.services.moderation import ReasonMissing
from properties.services.repair_rules import suggest_payer
from properties.services.ticket_contests import contest_payer, settle_contest
from properties.services.ticket_photos import TicketOver, add_ticket_photo
from properties.services.tickets import (
    LeaseNotRunning,
    WorkUnderWay,
    begin_ticket,
    close_ticket,
    decide_ticket,
    release_ticket,
    resolve_ticket,
)
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
JOB = "job:0197a000-0000-7000-8000-000000000001"
OTHER_JOB = "job:0197a000-0000-7000-8000-000000000002"


@pytest.fixture
def lease(kossi, ama):
    """A running lease of Kossi's and Ama's."""
    return make.active_lease(kossi.user, ama.user)


def decide(row, owner, payer="landlord", reason="Tuyau encastré"):
    return decide_ticket(
        ticket_id=row.pk,
        landlord=owner.user,
        payer=payer,
        reason=reason,
        now=clock.now(),
    )


def contest(row, seeker, reason="C’est le tuyau du mur"):
    return contest_payer(
        ticket_id=row.pk, tenant=seeker.user, reason=reason, now=clock.now()
    )


def told(name):
    return OutboxEvent.objects.filter(name=f"properties.{name}").count()


def test_from_a_leak_to_its_repair(lease, kossi, ama):
    row = make.ticket(lease, urgency="urgent")
    assert (row.status, row.payer, row.payer_person_id) == ("open", "", None)
    row = decide(row, kossi)
    assert (row.status, row.payer_person_id) == ("decided", kossi.id)
    begin_ticket(ticket_id=row.pk, subject_ref=JOB, now=clock.now())
    row = resolve_ticket(
        ticket_id=row.pk, cost=Money(18_000), subject_ref=JOB, now=clock.now()
    )
    assert (row.status, row.cost_money) == ("resolved", Money(18_000))
    assert [told(f"ticket_{name}") for name in ("opened", "decided", "resolved")] == [
        1,
        1,
        1,
    ]


def test_both_parties_open_tickets_and_nobody_else(lease, kossi, stranger):
    assert make.ticket(lease, kossi.user).opened_by == kossi.user
    with pytest.raises(NotFound):
        make.ticket(lease, stranger.user)
    assert Ticket.objects.count() == 1


def test_only_a_running_lease_takes_tickets(kossi, ama):
    unsigned = make.lease_to_sign(kossi.user, ama.user)
    with pytest.raises(LeaseNotRunning):
        make.ticket(unsigned)
    assert not Ticket.objects.exists()


def test_an_id_that_is_taken_is_a_refusal(lease):
    row = make.ticket(lease)
    with pytest.raises(IdTaken):
        make.ticket(lease, ticket_id=row.pk)


def test_one_person_opens_twenty_a_day(lease, monkeypatch):
    monkeypatch.setattr(tickets, "TICKETS_A_DAY", 2)
    for _ in range(2):
        make.ticket(lease)
    with pytest.raises(RateLimited):
        make.ticket(lease)
    assert Ticket.objects.count() == 2


def test_the_same_decision_again_changes_nothing(lease, kossi):
    row = make.ticket(lease)
    first, again = decide(row, kossi), decide(row, kossi, reason="Autre motif")
    assert again.version == first.version
    assert told("ticket_decided") == 1


def test_only_the_landlord_decides_with_a_reason(lease, kossi, ama, stranger):
    row = make.ticket(lease)
    with pytest.raises(NotAllowed):
        decide(row, ama)
    with pytest.raises(NotFound):
        decide(row, stranger)
    with pytest.raises(ReasonMissing):
        decide(row, kossi, reason="  ")
    row.refresh_from_db()
    assert (row.status, row.payer) == ("open", "")
    assert told("ticket_decided") == 0


def test_a_landlord_takes_over_but_never_pushes_back(lease, kossi):
    row = decide(make.ticket(lease), kossi, "tenant", "Joint usé")
    row = decide(row, kossi, "landlord", "J’ai vu le mur")
    assert (row.status, row.payer) == ("decided", "landlord")
    with pytest.raises(TransitionRefused):
        decide(row, kossi, "tenant")
    row.refresh_from_db()
    assert (row.payer, row.decision_reason) == ("landlord", "J’ai vu le mur")


def test_a_tenant_contests_once_and_a_case_is_opened(lease, kossi, ama):
    row = decide(make.ticket(lease), kossi, "tenant")
    first, again = contest(row, ama), contest(row, ama, "Encore")
    assert first.contest_reason == again.contest_reason == "C’est le tuyau du mur"
    case = Case.objects.get()
    assert (case.kind, case.queue) == ("ticket_payer", "disputes")
    assert case.subject == f"ticket:{row.pk}"
    assert "C’est" not in str(case.evidence)


def test_what_the_landlord_pays_is_not_contested(lease, kossi, ama):
    row = decide(make.ticket(lease), kossi)
    with pytest.raises(StateConflict):
        contest(row, ama)
    with pytest.raises(NotAllowed):
        contest(row, kossi)
    assert not Case.objects.exists()


def test_staff_say_who_pays_and_the_case_is_decided(lease, kossi, ama, moderator):
    row = contest(decide(make.ticket(lease), kossi, "tenant"), ama)
    order = {
        "ticket_id": row.pk,
        "payer": "landlord",
        "reason": "Tuyau dans le mur",
        "now": clock.now(),
    }
    with pytest.raises(NotAllowed):
        settle_contest(actor=ama.user, **order)
    assert Case.objects.get().status == "open"
    row = settle_contest(actor=moderator.user, **order)
    assert (row.payer, row.decision_reason) == ("landlord", "Tuyau dans le mur")
    case = Case.objects.get()
    assert (case.status, case.decision) == ("decided", "payer_landlord")
    with pytest.raises(StateConflict):
        settle_contest(actor=moderator.user, **order)


def test_a_moderator_does_not_judge_an_own_ticket(lease, kossi, ama, moderator):
    row = contest(decide(make.ticket(lease), kossi, "tenant"), ama)
    Ticket.objects.filter(pk=row.pk).update(landlord=moderator.user)
    with pytest.raises(NotAllowed):
        settle_contest(
            ticket_id=row.pk,
            payer="tenant",
            reason="Tuyau dans le mur",
            actor=moderator.user,
            now=clock.now(),
        )
    assert Case.objects.get().status == "open"


def test_a_decision_that_stands_is_told_to_nobody_again(lease, kossi, ama, moderator):
    row = contest(decide(make.ticket(lease), kossi, "tenant"), ama)
    settle_contest(
        ticket_id=row.pk,
        payer="tenant",
        reason="Joint usé",
        actor=moderator.user,
        now=clock.now(),
    )
    assert told("ticket_decided") == 1
    assert not Case.objects.open().exists()


def test_the_payer_stays_once_work_has_begun(lease, kossi, ama, moderator):
    row = contest(decide(make.ticket(lease), kossi, "tenant"), ama)
    begin_ticket(ticket_id=row.pk, subject_ref=JOB, now=clock.now())
    with pytest.raises(TransitionRefused):
        settle_contest(
            ticket_id=row.pk,
            payer="landlord",
            reason="Tuyau dans le mur",
            actor=moderator.user,
            now=clock.now(),
        )
    row.refresh_from_db()
    assert row.payer == "tenant"
    assert Case.objects.get().status == "open"


def test_work_begins_once_and_another_may_follow_a_cancelled_one(lease):
    row = make.decided_ticket(lease)
    for _ in range(2):
        begin_ticket(ticket_id=row.pk, subject_ref=JOB, now=clock.now())
    with pytest.raises(WorkUnderWay):
        begin_ticket(ticket_id=row.pk, subject_ref=OTHER_JOB, now=clock.now())
    assert release_ticket(
        ticket_id=row.pk, subject_ref=OTHER_JOB, now=clock.now()
    ).work_ref == (JOB)
    for _ in range(2):
        released = release_ticket(ticket_id=row.pk, subject_ref=JOB, now=clock.now())
    assert (released.status, released.work_ref) == ("decided", "")
    began = begin_ticket(ticket_id=row.pk, subject_ref=OTHER_JOB, now=clock.now())
    assert began.work_ref == OTHER_JOB


def test_nothing_is_begun_before_it_is_known_who_pays(lease):
    row = make.ticket(lease)
    with pytest.raises(TransitionRefused):
        begin_ticket(ticket_id=row.pk, subject_ref=JOB, now=clock.now())


def test_resolving_again_changes_nothing_and_another_job_cannot(lease):
    row = make.decided_ticket(lease)
    begin_ticket(ticket_id=row.pk, subject_ref=JOB, now=clock.now())
    done = {"ticket_id": row.pk, "subject_ref": JOB, "now": clock.now()}
    first = resolve_ticket(cost=Money(9_000), **done)
    assert resolve_ticket(cost=Money(1), **done).version == first.version
    with pytest.raises(WorkUnderWay):
        resolve_ticket(cost=Money(1), **{**done, "subject_ref": OTHER_JOB})
    assert told("ticket_resolved") == 1


def test_who_opened_it_closes_it_unless_work_has_begun(lease, kossi, ama):
    row = make.ticket(lease)
    order = {"ticket_id": row.pk, "reason": "Réparé par un voisin", "now": clock.now()}
    with pytest.raises(NotAllowed):
        close_ticket(person=kossi.user, **order)
    assert close_ticket(person=ama.user, **order).status == "closed"
    with pytest.raises(TransitionRefused):
        decide(row, kossi)
    under_way = make.decided_ticket(lease)
    begin_ticket(ticket_id=under_way.pk, subject_ref=JOB, now=clock.now())
    with pytest.raises(TransitionRefused):
        close_ticket(person=ama.user, **{**order, "ticket_id": under_way.pk})


def test_a_photo_is_added_once_by_either_party_while_it_lives(lease, kossi, ama):
    row = make.ticket(lease)
    upload = make.upload(ama.user)
    order = {"ticket_id": row.pk, "person": ama.user, "upload_id": upload.pk}
    first = add_ticket_photo(**order)
    assert add_ticket_photo(**order) == first
    second = add_ticket_photo(
        ticket_id=row.pk, person=kossi.user, upload_id=make.upload(kossi.user).pk
    )
    assert (first.position, second.position) == (1, 2)
    with pytest.raises(NotFound):
        add_ticket_photo(**{**order, "upload_id": make.upload(kossi.user).pk})
    close_ticket(ticket_id=row.pk, person=ama.user, reason="Rien", now=clock.now())
    with pytest.raises(TicketOver):
        add_ticket_photo(**{**order, "upload_id": make.upload(ama.user).pk})
    assert row.photos.count() == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "decided"},
        {"payer": "landlord"},
        {"status": "in_progress"},
        {"status": "resolved"},
        {"status": "closed"},
        {"status": "lost"},
        {"work_ref": JOB},
        {"cost": 5},
    ],
    ids=str,
)
def test_the_database_ties_the_state_to_its_data(broken, lease):
    row = make.ticket(lease)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=row.pk).update(**broken)


def test_the_rules_suggest_and_may_be_silent():
    urgent = suggest_payer(category_slug="painting", urgency="danger")
    assert (urgent.payer, urgent.confidence) == ("landlord", "single_source")
    assert suggest_payer(category_slug="moving", urgency="normal") is None


def decide_twice_at_once(row, owner):
    return race(2, lambda _: decide(row, owner))


def steps(row):
    return StateChange.objects.filter(subject=f"ticket:{row.pk}").count()


@pytest.mark.usefixtures("committed")
def test_two_decisions_at_once_are_one(kossi, ama):
    row = make.ticket(make.active_lease(kossi.user, ama.user))
    results = decide_twice_at_once(row, kossi)
    assert all(isinstance(result, Ticket) for result in results), results
    assert (steps(row), told("ticket_decided")) == (1, 1)


@pytest.mark.usefixtures("committed")
def test_control_without_the_lock_both_decide(kossi, ama, monkeypatch):
    row = make.ticket(make.active_lease(kossi.user, ama.user))
    gate, real = threading.Barrier(2), tickets.name_payer

    def meet(*args, **kwargs):
        gate.wait(30)
        real(*args, **kwargs)

    monkeypatch.setattr(tickets, "locked", lambda rows, pk: rows.get(pk=pk))
    monkeypatch.setattr(tickets, "name_payer", meet)
    decide_twice_at_once(row, kossi)
    assert (steps(row), told("ticket_decided")) == (2, 2)


def test_a_case_that_staff_closed_leaves_the_payer(lease, kossi, ama, moderator):
    row = contest(decide(make.ticket(lease), kossi, "tenant"), ama)
    decide_case(
        case_id=Case.objects.get().pk,
        decision="closed",
        reason="Sans suite",
        actor=moderator.user,
        now=clock.now(),
    )
    row.refresh_from_db()
    assert row.payer == "tenant"


def test_the_claims_about_tickets_are_checked(lease, kossi, ama, stranger):
    row = contest(decide(make.ticket(lease), kossi, "tenant"), ama)
    claims = ["ticket.parties_are_its_leases", "ticket.contested_has_case"]
    assert check_invariants(claims) == []
    Case.objects.all().delete()
    Ticket.objects.filter(pk=row.pk).update(landlord=stranger.user)
    assert {found.invariant for found in check_invariants(claims)} == set(claims)
