"""Acceptances taken back, frauds that an appeal found none, and documents seen twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from accounts.events import CaseOverturned
from accounts.models import Appeal, Case, IdentityCheck
from accounts.services.identity.checks import withdraw_identity_check
from accounts.services.identity.decisions import (
    DocumentNotSeen,
    OneReviewerIsEnough,
    TwoReviewersNeeded,
    accept_identity_check,
    vouch_for_identity,
)
from accounts.services.identity.expiry import expire_identity_checks
from accounts.services.identity.files import BACK, FRONT, open_document, sign_look
from accounts.services.identity.judging import SecondPersonNeeded
from accounts.services.identity.retention import forget_other_files
from accounts.services.identity.revoking import (
    RevocationAsked,
    RevocationNotAsked,
    confirm_revocation,
    keep_identity_check,
    overturn_identity_decision,
    revoke_identity_check,
)
from accounts.services.identity.signals import same_files_of
from accounts.services.moderation.appeals import (
    OtherDecider,
    appeal_case,
    case_about,
    overturn_appeal,
)
from accounts.services.moderation.cases import ReasonMissing
from accounts.subscribers import undo_overturned_identity_decision
from accounts.tests.services.test_identity_checks import (
    accepted,
    levels,
    looked_at,
    refused,
    sent,
    submitted,
)
from accounts.tests.services.test_identity_decisions import confirmed, suspected
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed
from lokahome.core.events.models import OutboxEvent
from lokahome.core.files.models import Upload
from lokahome.core.invariants import check_invariants
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race
from properties.tests import factories

HELD = ["identity.levels_rest_on_documents", "identity.doubted_has_open_case"]


@pytest.fixture
def second(db):
    """Another member of staff who checks identities."""
    return make_staff("second", "identity_checker")


@pytest.fixture
def third(db):
    """A third one."""
    return make_staff("third", "identity_checker")


@pytest.fixture
def lead(db):
    """Who answers appeals."""
    return make_staff("leading", "lead")


def said(check, actor, **values):
    return {
        "check_id": check.pk,
        "actor": actor,
        "reason": "La pièce n’est pas authentique.",
        "now": clock.now(),
        **values,
    }


def revoked(check, actor, **values):
    return revoke_identity_check(**said(check, actor, reason_code="altered", **values))


def fresh(check):
    check.refresh_from_db()
    return check


def paper_of(landlord):
    """Return the document on which a landlord's level 2 rests."""
    return IdentityCheck.objects.get(person=landlord.user, document_kind="ifu")


def overturned(appeal, actor):
    """Answer that the decision was wrong, and let the fact reach who listens."""
    overturn_appeal(
        appeal_id=appeal.pk, answer="Elle est vraie.", actor=actor, now=clock.now()
    )
    row = OutboxEvent.objects.filter(name="accounts.case_overturned").latest("id")
    undo_overturned_identity_decision(CaseOverturned.from_payload(row.payload))


# --- Taking back ----------------------------------------------------------------------------


def test_below_level_two_one_person_takes_an_acceptance_back(ama, identity_checker):
    check = accepted(submitted(ama.user), identity_checker.user)
    assert levels(ama.user) == [("tenant", 1)]
    done = revoked(check, identity_checker.user)
    assert (done.status, done.reason_code) == ("revoked", "altered")
    assert levels(ama.user) == [("tenant", 0)]
    case = Case.objects.get()
    assert (case.kind, case.decision) == ("identity_revocation", "revoked")
    deed = AuditEvent.objects.get(action="identity.revoked")
    assert deed.reason == "La pièce n’est pas authentique."
    facts = OutboxEvent.objects.filter(name="accounts.identity_checked")
    assert [row.payload["status"] for row in facts.order_by("id")] == [
        "accepted",
        "revoked",
    ]
    assert check_invariants(HELD) == []
    again = accepted(submitted(ama.user), identity_checker.user)
    assert again.status == "accepted", "another one may be sent"


def test_where_money_rests_on_it_a_second_person_agrees(
    kossi, identity_checker, second
):
    paper = paper_of(kossi)
    asked = revoked(paper, identity_checker.user)
    assert (asked.status, asked.doubted_by) == ("accepted", identity_checker.user)
    assert dict(levels(kossi.user))["landlord"] == 2, "it counts until somebody agrees"
    assert kossi.get(f"/api/v1/identity-checks/{paper.pk}").json()["reason"] == ""
    assert check_invariants(HELD) == []
    with pytest.raises(RevocationAsked):
        revoked(paper, second.user)
    for act in (confirm_revocation, keep_identity_check):
        with pytest.raises(SecondPersonNeeded):
            act(**said(paper, identity_checker.user))
    assert fresh(paper).status == "accepted"
    done = confirm_revocation(**said(paper, second.user))
    assert (done.status, done.doubted_by, done.revoked_by) == (
        "revoked",
        identity_checker.user,
        second.user,
    )
    assert dict(levels(kossi.user))["landlord"] == 1
    assert Case.objects.get().decided_by == second.user
    assert check_invariants(HELD) == []


def test_a_doubt_is_dropped_by_neither_who_asked_nor_who_accepted(
    kossi, identity_checker, second, third
):
    paper = paper_of(kossi)
    IdentityCheck.objects.filter(pk=paper.pk).update(decided_by=third.user)
    revoked(paper, identity_checker.user)
    with pytest.raises(SecondPersonNeeded):
        keep_identity_check(**said(paper, third.user))
    kept = keep_identity_check(**said(paper, second.user, reason="Elle est vraie."))
    assert (kept.status, kept.doubted_by, kept.reason) == ("accepted", None, "")
    assert Case.objects.get().decision == "kept"
    with pytest.raises(RevocationNotAsked):
        confirm_revocation(**said(paper, second.user))
    assert check_invariants(HELD) == []


@pytest.mark.parametrize("who", ["moderator", "support", "kossi"])
def test_who_may_not_check_identities_takes_nothing_back(request, kossi, second, who):
    actor = (
        make_staff("helping", "support")
        if who == "support"
        else request.getfixturevalue(who)
    )
    paper = paper_of(kossi)
    with pytest.raises(NotAllowed):
        revoked(paper, actor.user)
    revoked(paper, second.user)
    for act in (confirm_revocation, keep_identity_check):
        with pytest.raises(NotAllowed):
            act(**said(paper, actor.user))
    assert fresh(paper).status == "accepted"


def test_what_was_not_accepted_is_not_taken_back_and_a_reason_is_given(
    ama, identity_checker
):
    check = submitted(ama.user)
    with pytest.raises(TransitionRefused):
        revoked(check, identity_checker.user)
    accepted(check, identity_checker.user)
    for wrong in ({"reason": " "}, {"reason_code": "blurred"}):
        with pytest.raises(ReasonMissing):
            revoke_identity_check(**said(check, identity_checker.user, **wrong))
    assert (fresh(check).status, Case.objects.count()) == ("accepted", 0)


def test_a_doubted_document_that_runs_out_ends_its_doubt(kossi, identity_checker):
    paper = paper_of(kossi)
    revoked(paper, identity_checker.user)
    yesterday = clock.today() - timedelta(days=1)
    IdentityCheck.objects.filter(pk=paper.pk).update(expires_on=yesterday)
    assert expire_identity_checks(now=clock.now()) == 1
    assert (fresh(paper).status, paper.doubted_by, paper.reason) == (
        "expired",
        None,
        "",
    )
    case = Case.objects.get()
    assert (case.decision, case.decided_by) == ("kept", None)
    assert check_invariants(HELD) == []


def test_two_second_people_at_once_are_one(committed):
    landlord = make_person(
        name="Kossi", phone="+2290197000002", roles=("tenant", "landlord"), level=2
    )
    first, *others = (make_staff(f"s{n}", "identity_checker").user for n in range(3))
    paper = IdentityCheck.objects.get(person=landlord, document_kind="ifu")
    revoked(paper, first)
    acts = (confirm_revocation, keep_identity_check)
    results = race(2, lambda index: acts[index](**said(paper, others[index])))
    assert sum(isinstance(item, RevocationNotAsked) for item in results) == 1, results
    assert check_invariants(HELD) == []


# --- The way back ---------------------------------------------------------------------------


def appealed(person, check):
    """Return the person's appeal against what was found about *check*."""
    filed, _is_new = appeal_case(
        person_id=person.pk,
        case_id=case_about(f"identitycheck:{check.pk}"),
        words="Ma pièce est vraie.",
        now=clock.now(),
    )
    return filed


def test_an_appeal_that_is_won_gives_a_revoked_document_back(
    kossi, identity_checker, second, lead
):
    paper = revoked(paper_of(kossi), identity_checker.user)
    confirm_revocation(**said(paper, second.user))
    appeal = appealed(kossi.user, paper)
    overturned(appeal, lead.user)
    assert (fresh(paper).status, paper.reason, paper.revoked_by) == (
        "accepted",
        "",
        None,
    )
    assert dict(levels(kossi.user))["landlord"] == 2
    assert check_invariants(HELD) == []
    assert overturn_identity_decision(check_id=paper.pk, now=clock.now())
    assert fresh(paper).status == "accepted", "again changes nothing"


def test_a_revoked_document_that_was_replaced_meanwhile_stays_ended(
    ama, identity_checker, lead
):
    check = accepted(submitted(ama.user), identity_checker.user)
    revoked(check, identity_checker.user)
    appeal = appealed(ama.user, check)
    accepted(submitted(ama.user), identity_checker.user)
    overturned(appeal, lead.user)
    assert (fresh(check).status, check.end_cause) == ("expired", "replaced")
    assert levels(ama.user) == [("tenant", 1)]


def test_an_appeal_that_is_won_lets_a_fraud_be_judged_anew(
    ama, identity_checker, second, lead
):
    check = suspected(submitted(ama.user), identity_checker.user)
    confirmed(check, second.user)
    appeal = appealed(ama.user, check)
    with pytest.raises(OtherDecider):
        overturned(appeal, second.user)
    assert (fresh(check).status, Appeal.objects.get().status) == ("fraud", "open")
    overturned(appeal, lead.user)
    assert (fresh(check).status, check.decided_by, check.reason) == (
        "submitted",
        None,
        "",
    )
    assert accepted(check, identity_checker.user).status == "accepted"
    assert check_invariants(HELD) == []


@pytest.mark.parametrize("why", ["photos are gone", "another one waits"])
def test_a_fraud_that_cannot_be_judged_anew_is_set_aside(
    ama, identity_checker, second, lead, why
):
    check = suspected(submitted(ama.user), identity_checker.user)
    confirmed(check, second.user)
    appeal = appealed(ama.user, check)
    if why == "photos are gone":
        past = clock.now() - timedelta(days=91)
        IdentityCheck.objects.filter(pk=check.pk).update(updated_at=past)
        assert forget_other_files(clock.now()) == 1
    else:
        submitted(ama.user)
    overturned(appeal, lead.user)
    assert (fresh(check).status, check.decided_by) == ("withdrawn", None)


# --- Looking, and what is on another account ------------------------------------------------


def plainly_accepted(check, actor):
    """Accept without looking first."""
    return accept_identity_check(**said(check, actor, reason="Lisible."))


def opened(check, actor, part):
    token = sign_look(check=check, reader=actor, part=part)
    open_document(token=token, reader=actor)


def test_nobody_accepts_what_they_have_not_looked_at(ama, identity_checker, second):
    check = submitted(ama.user, document_kind="national_card")
    looked_at(check, second.user)
    opened(check, identity_checker.user, FRONT)
    with pytest.raises(DocumentNotSeen):
        plainly_accepted(check, identity_checker.user)
    assert (fresh(check).status, levels(ama.user)) == ("submitted", [("tenant", 0)])
    opened(check, identity_checker.user, BACK)
    later = clock.now() + timedelta(hours=1, seconds=5)
    with time_machine.travel(later), pytest.raises(DocumentNotSeen):
        plainly_accepted(check, identity_checker.user)
    assert plainly_accepted(check, identity_checker.user).status == "accepted"


def test_accepting_says_why(ama, identity_checker):
    check = submitted(ama.user)
    with pytest.raises(ReasonMissing):
        accepted(check, identity_checker.user, reason=" ")
    assert fresh(check).status == "submitted"
    accepted(check, identity_checker.user, reason="Lisible et à son nom.")
    deed = AuditEvent.objects.get(action="person.identity_checked")
    assert deed.reason == "Lisible et à son nom."
    assert ama.get(f"/api/v1/identity-checks/{check.pk}").json()["reason"] == ""


@pytest.mark.parametrize("held", ["accepted", "fraud"])
def test_the_same_number_on_two_accounts_takes_two_people(
    ama, stranger, identity_checker, second, third, held
):
    theirs = submitted(stranger.user)
    if held == "accepted":
        accepted(theirs, second.user)
    else:
        confirmed(suspected(theirs, second.user), third.user)
    mine = submitted(ama.user)
    with pytest.raises(TwoReviewersNeeded):
        accepted(mine, identity_checker.user)
    looked_at(mine, identity_checker.user)
    vouched = vouch_for_identity(**said(mine, identity_checker.user))
    assert (vouched.status, vouched.vouched_by) == ("submitted", identity_checker.user)
    assert levels(ama.user) == [("tenant", 0)]
    with pytest.raises(SecondPersonNeeded):
        accepted(mine, identity_checker.user)
    assert fresh(mine).status == "submitted"
    assert accepted(mine, third.user).status == "accepted"


def test_what_is_nowhere_else_needs_no_first_of_two(ama, stranger, identity_checker):
    refused(submitted(stranger.user), identity_checker.user)
    mine = submitted(ama.user)
    looked_at(mine, identity_checker.user)
    with pytest.raises(OneReviewerIsEnough):
        vouch_for_identity(**said(mine, identity_checker.user))
    assert accepted(mine, identity_checker.user).status == "accepted"


def test_a_voucher_has_looked_and_ends_with_another_decision(
    ama, stranger, identity_checker, second
):
    accepted(submitted(stranger.user), second.user)
    mine = submitted(ama.user)
    with pytest.raises(DocumentNotSeen):
        vouch_for_identity(**said(mine, identity_checker.user))
    looked_at(mine, identity_checker.user)
    vouch_for_identity(**said(mine, identity_checker.user))
    assert refused(mine, identity_checker.user).vouched_by is None
    again = submitted(ama.user)
    looked_at(again, identity_checker.user)
    vouch_for_identity(**said(again, identity_checker.user))
    gone = withdraw_identity_check(check_id=again.pk, person=ama.user, now=clock.now())
    assert gone.vouched_by is None


def test_a_picture_is_known_again_after_its_file_was_deleted(
    ama, stranger, identity_checker, second
):
    content = factories.jpeg(colour="crimson")
    theirs = accepted(
        submitted(stranger.user, upload_id=sent(stranger.user, content).pk),
        second.user,
    )
    Upload.objects.filter(pk=theirs.upload_id).delete()
    mine = submitted(
        ama.user, number="5555555555", upload_id=sent(ama.user, content).pk
    )
    assert same_files_of(mine) == [theirs]
    with pytest.raises(TwoReviewersNeeded):
        accepted(mine, identity_checker.user)
    assert fresh(mine).status == "submitted"
