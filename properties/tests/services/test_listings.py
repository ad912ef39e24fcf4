"""The life of a listing."""

import pytest
from django.db import IntegrityError, transaction

from accounts.services.moderation.appeals import appeal_case, overturn_appeal
from accounts.services.moderation.cases import decide_case
from accounts.services.moderation.reports import file_report
from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.errors import NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.core.money import Money
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_staff
from properties.models import Listing
from properties.models.listings import LISTING_STATES
from properties.services.legal_marks import CostLine
from properties.services.listings import (
    ListingIncomplete,
    ListingNotEditable,
    UnitAlreadyListed,
    edit_listing,
    mark_listing_let,
    pause_listing,
    resume_listing,
    submit_listing,
)
from properties.services.moderation import (
    ReasonMissing,
    hide_reported_listing,
    publish_listing,
    reinstate_listing,
    reject_listing,
    request_changes,
    show_listing_again,
    suspend_listing,
)
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def submit(row, owner):
    return submit_listing(listing_id=row.pk, actor=owner.user, now=clock.now())


def edit(row, owner, **changes):
    return edit_listing(
        listing_id=row.pk, actor=owner.user, changes=changes, now=clock.now()
    )


def events(name, app="properties"):
    return OutboxEvent.objects.filter(name=f"{app}.{name}").count()


def test_submission_says_all_that_is_missing_at_once(kossi):
    row = make.listing(kossi.user, costs=(CostLine("deposit", 105_001),))
    edit(row, kossi, description="Court")
    with pytest.raises(ListingIncomplete) as refusal:
        submit(row, kossi)
    assert {error.code for error in refusal.value.errors} == {
        "listing.photo_missing",
        "listing.deposit_above_cap",
        "listing.description_missing",
    }
    row.refresh_from_db()
    assert row.status == Listing.Status.DRAFT
    assert events("listing_submitted") == 0


def test_submitted_then_published(kossi, moderator):
    row = make.submitted(kossi.user)
    assert list(Listing.objects.awaiting_review()) == [row]
    row = publish_listing(listing_id=row.pk, actor_id=moderator.id, now=clock.now())
    assert (row.status, row.reviewed_rent) == ("published", row.rent)
    assert events("listing_published") == 1
    actions = StateChange.objects.filter(subject=f"listing:{row.pk}")
    assert list(actions.order_by("id").values_list("action", "actor_kind")) == [
        ("submit", "owner"),
        ("publish", "staff"),
    ]


def test_a_decision_against_the_owner_needs_a_reason(kossi, moderator):
    row = make.submitted(kossi.user)
    for decide in (request_changes, reject_listing, suspend_listing):
        with pytest.raises(ReasonMissing):
            decide(
                listing_id=row.pk, actor_id=moderator.id, reason=" ", now=clock.now()
            )
    row.refresh_from_db()
    assert row.status == Listing.Status.SUBMITTED


def test_a_correction_is_asked_for_made_and_submitted_again(kossi, moderator):
    row = make.submitted(kossi.user)
    row = request_changes(
        listing_id=row.pk, actor_id=moderator.id, reason="Photos", now=clock.now()
    )
    assert (row.status, row.review_reason) == ("needs_changes", "Photos")
    edit(row, kossi, description="Chambre-salon avec une vraie description.")
    assert submit(row, kossi).status == "submitted"
    assert events("listing_changes_requested") == 1


def test_a_listing_under_review_is_not_edited(kossi):
    row = make.submitted(kossi.user)
    with pytest.raises(ListingNotEditable):
        edit(row, kossi, rent=Money(1000))
    row.refresh_from_db()
    assert row.rent == 35_000


@pytest.mark.parametrize(
    ("rent", "status"),
    [
        (45_499, "published"),
        (45_500, "submitted"),
        (24_501, "published"),
        (24_500, "submitted"),
    ],
)
def test_a_rent_that_differs_by_30_percent_is_reviewed_again(kossi, rent, status):
    row = make.published(kossi.user)
    row = edit(row, kossi, rent=Money(rent))
    assert (row.status, row.rent, row.reviewed_rent) == (status, rent, 35_000)


def test_small_steps_do_not_add_up_to_an_unreviewed_price(kossi):
    row = make.published(kossi.user)
    for rent in (40_000, 45_000):
        assert edit(row, kossi, rent=Money(rent)).status == "published"
    assert edit(row, kossi, rent=Money(50_000)).status == "submitted"


def test_a_paused_listing_with_a_new_price_does_not_slip_past_review(kossi):
    row = make.published(kossi.user)
    pause_listing(listing_id=row.pk, actor=kossi.user, now=clock.now())
    assert edit(row, kossi, rent=Money(90_000)).status == "submitted"
    with pytest.raises(TransitionRefused):
        resume_listing(listing_id=row.pk, actor=kossi.user, now=clock.now())


def test_pause_resume_let(kossi):
    row = make.published(kossi.user)
    step = {"listing_id": row.pk, "actor": kossi.user, "now": clock.now()}
    assert pause_listing(**step).status == "paused"
    assert resume_listing(**step).status == "published"
    assert mark_listing_let(**step).status == "let"
    assert events("listing_let") == 1
    with pytest.raises(TransitionRefused):
        pause_listing(**step)


def test_a_unit_has_one_open_listing(kossi):
    row = make.listing(kossi.user)
    with pytest.raises(UnitAlreadyListed):
        make.listing(kossi.user, unit=row.unit)
    Listing.objects.filter(pk=row.pk).update(status="expired")
    assert make.listing(kossi.user, unit=row.unit).status == "draft"


def test_a_suspension_is_lifted_to_a_draft(kossi, moderator):
    row = make.published(kossi.user)
    decision = {"listing_id": row.pk, "actor_id": moderator.id, "now": clock.now()}
    assert suspend_listing(**decision, reason="Arnaque signalée").status == "suspended"
    assert reinstate_listing(**decision, reason="Erreur").status == "draft"


def hidden_on_report(row, stranger, moderator):
    """Return the case in which staff hid the listing *row*."""
    report, _is_new = file_report(
        reporter=stranger.user,
        subject=f"listing:{row.pk}",
        reason="scam",
        now=clock.now(),
    )
    case = decide_case(
        case_id=report.case_id,
        decision="hide",
        reason="Fausse offre",
        actor=moderator.user,
        now=clock.now(),
    )
    hide_reported_listing(listing_id=row.pk, case_id=case.pk, now=clock.now())
    return case


def overturned(row, case, landlord):
    """Take the answer back on the landlord's appeal."""
    appeal, _is_new = appeal_case(
        person_id=landlord.id, case_id=case.pk, words="Elle existe", now=clock.now()
    )
    overturn_appeal(
        appeal_id=appeal.pk,
        answer="Bail vu",
        actor=make_staff("lead", "lead").user,
        now=clock.now(),
    )
    show_listing_again(listing_id=row.pk, case_id=case.pk, now=clock.now())
    row.refresh_from_db()


def test_an_appeal_gives_the_listing_back(kossi, stranger, moderator):
    row = make.published(kossi.user)
    case = hidden_on_report(row, stranger, moderator)
    show_listing_again(listing_id=row.pk, case_id=case.pk, now=clock.now())
    row.refresh_from_db()
    assert row.status == "suspended", "nobody took the answer back"
    overturned(row, case, kossi)
    assert row.status == "draft"
    show_listing_again(listing_id=row.pk, case_id=case.pk, now=clock.now())
    assert events("case_overturned", app="accounts") == 1


def test_the_landlord_alone_appeals(kossi, ama, stranger, moderator):
    row = make.published(kossi.user)
    case = hidden_on_report(row, stranger, moderator)
    for nobody in (ama, stranger):
        with pytest.raises(NotFound):
            appeal_case(
                person_id=nobody.id, case_id=case.pk, words="Non", now=clock.now()
            )


def test_changing_the_rent_marks_the_costs_anew(kossi):
    row = make.listing(kossi.user, costs=(CostLine("deposit", 105_000),))
    assert row.entry_costs.get().legal_mark == "legal"
    row = edit(row, kossi, rent=Money(30_000))
    assert row.entry_costs.get().legal_mark == "above_cap"
    assert row.entry_total == 135_000


def test_the_database_refuses_what_the_machine_would_never_do(kossi):
    row = make.published(kossi.user)
    for bad in (
        {"photo_count": 0},
        {"reviewed_rent": None},
        {"status": "rejected"},
        {"rent": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Listing.objects.filter(pk=row.pk).update(**bad)


def test_the_table_has_the_edges_of_the_domain():
    actions = {s: LISTING_STATES.allowed_actions(s, {"owner"}) for s in Listing.Status}
    assert actions["draft"] == ["submit"]
    assert actions["submitted"] == []
    assert actions["let"] == actions["rejected"] == actions["suspended"] == []
    for state in set(Listing.Status) - {"suspended"}:
        assert "suspend" in LISTING_STATES.allowed_actions(state, {"staff"})
