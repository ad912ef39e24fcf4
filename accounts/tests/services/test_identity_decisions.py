"""What staff finds about documents: replaced ones, run-out ones, and fraud by two."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine

from accounts.models import Case, IdentityCheck
from accounts.queries.identity import document_digits_match
from accounts.services.identity import judging
from accounts.services.identity.checks import (
    DocumentNotValid,
    IdentityKnown,
    withdraw_identity_check,
)
from accounts.services.identity.decisions import (
    DocumentRanOut,
    refuse_identity_check,
)
from accounts.services.identity.files import NUMBER, open_number, sign_look
from accounts.services.identity.fraud import (
    clear_identity_suspicion,
    confirm_identity_fraud,
    suspect_identity_fraud,
)
from accounts.services.identity.judging import SecondPersonNeeded
from accounts.services.identity.signals import same_files_of, twins_of
from accounts.services.moderation.cases import ReasonMissing, decide_case
from accounts.services.people.profiles import take_role
from accounts.tests.services.test_identity_checks import (
    accepted,
    levels,
    sent,
    submitted,
    told,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.core.files.models import Upload
from lokahome.core.invariants import check_invariants
from lokahome.core.states import TransitionRefused
from lokahome.tests.people import make_person, make_staff
from lokahome.tests.threads import race
from properties.tests import factories


@pytest.fixture
def second(db):
    """Another member of staff who checks identities."""
    return make_staff("second", "identity_checker")


def suspected(check, actor, **values):
    return suspect_identity_fraud(
        **{
            "check_id": check.pk,
            "actor": actor,
            "reason": "L’image a été retouchée.",
            "reason_code": "altered",
            "now": clock.now(),
            **values,
        }
    )


def confirmed(check, actor):
    return confirm_identity_fraud(
        check_id=check.pk, actor=actor, reason="Je confirme.", now=clock.now()
    )


def cleared(check, actor):
    return clear_identity_suspicion(
        check_id=check.pk, actor=actor, reason="Authentique.", now=clock.now()
    )


# --- What fits a document -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "pointers"),
    [
        ({"number": ""}, ["/number"]),
        ({"number": "12 34"}, ["/number"]),
        ({"expires_on": "tomorrow"}, ["/expires_on"]),
        ({"document_kind": "passport", "expires_on": None}, ["/expires_on"]),
        ({"document_kind": "passport", "expires_on": "yesterday"}, ["/expires_on"]),
        ({"document_kind": "passport", "expires_on": "too late"}, ["/expires_on"]),
        ({"document_kind": "national_card", "back_upload_id": None}, None),
        ({"document_kind": "agent_card", "role": "provider"}, ["/role"]),
        ({"document_kind": "passport", "number": "", "expires_on": None}, None),
    ],
)
def test_what_does_not_fit_the_kind_is_said_at_once(ama, values, pointers):
    today = clock.today()
    days = {"tomorrow": 1, "yesterday": -1, "too late": 366 * 21}
    if values.get("expires_on") in days:
        expires = today + timedelta(days=days[values["expires_on"]])
        values = {**values, "expires_on": expires}
    with pytest.raises(DocumentNotValid) as caught:
        submitted(ama.user, **values)
    if pointers is not None:
        assert [error.pointer for error in caught.value.errors] == pointers
    assert not IdentityCheck.objects.exists()
    assert not Upload.objects.filter(status=Upload.Status.ATTACHED).exists()


def test_numbers_are_encrypted_and_found_by_digest_only(ama):
    check = submitted(ama.user, number="12-345 67890")
    assert check.number == "1234567890"
    stored = IdentityCheck.objects.raw(
        "SELECT id, number::text AS stored FROM accounts_identitycheck"
    )[0].stored
    assert stored.startswith("v")
    assert "567890" not in stored
    assert IdentityCheck.objects.get(number_digest=check.number_digest) == check


def test_both_sides_are_attached_and_one_file_is_not_two_sides(ama):
    front = sent(ama.user)
    with pytest.raises(DocumentNotValid):
        submitted(
            ama.user,
            document_kind="national_card",
            upload_id=front.pk,
            back_upload_id=front.pk,
        )
    submitted(ama.user, document_kind="national_card", upload_id=front.pk)
    assert Upload.objects.filter(status=Upload.Status.ATTACHED).count() == 2


def test_several_kinds_wait_together_and_several_homes_have_papers(
    kossi, identity_checker
):
    bill = {"document_kind": "utility_bill"}
    assert accepted(submitted(kossi.user, **bill), identity_checker.user)
    assert accepted(submitted(kossi.user, **bill), identity_checker.user)
    assert IdentityCheck.objects.accepted().filter(**bill).count() == 3


def test_a_passport_is_renewed_when_it_runs_out_soon_and_replaces_the_old_one(
    ama, identity_checker
):
    soon = clock.today() + timedelta(days=30)
    first = accepted(
        submitted(ama.user, document_kind="passport", expires_on=soon),
        identity_checker.user,
    )
    second = submitted(ama.user, document_kind="passport", number="CD998877")
    accepted(second, identity_checker.user)
    first.refresh_from_db()
    assert (first.status, first.end_cause) == ("expired", "replaced")
    assert levels(ama.user) == [("tenant", 1)]
    with pytest.raises(IdentityKnown):
        submitted(ama.user, document_kind="passport", number="EF112233")


def test_a_document_that_ran_out_while_it_waited_is_not_accepted(ama, identity_checker):
    tomorrow = clock.today() + timedelta(days=1)
    check = submitted(ama.user, document_kind="passport", expires_on=tomorrow)
    later = time_machine.travel(clock.now() + timedelta(days=3))
    with later, pytest.raises(DocumentRanOut):
        accepted(check, identity_checker.user)
    check.refresh_from_db()
    assert check.status == "submitted"


def test_ones_own_document_is_taken_back_until_it_is_decided(
    ama, kossi, identity_checker
):
    check = submitted(ama.user)
    with pytest.raises(NotFound):
        withdraw_identity_check(check_id=check.pk, person=kossi.user, now=clock.now())
    withdrawn = withdraw_identity_check(
        check_id=check.pk, person=ama.user, now=clock.now()
    )
    assert withdrawn.status == "withdrawn"
    again = accepted(submitted(ama.user), identity_checker.user)
    with pytest.raises(TransitionRefused):
        withdraw_identity_check(check_id=again.pk, person=ama.user, now=clock.now())


def test_a_paper_for_one_hat_does_not_raise_the_other(kossi, identity_checker):
    take_role(user=kossi.user, role="provider")
    for kind in ("agent_card", "rccm"):
        accepted(
            submitted(kossi.user, document_kind=kind, role="landlord"),
            identity_checker.user,
        )
    accepted(
        submitted(kossi.user, document_kind="police_record"), identity_checker.user
    )
    assert dict(levels(kossi.user)) == {"landlord": 3, "provider": 2, "tenant": 1}
    accepted(
        submitted(kossi.user, document_kind="rccm", role="provider"),
        identity_checker.user,
    )
    assert dict(levels(kossi.user))["provider"] == 3


def test_each_change_of_level_is_on_record(ama, identity_checker):
    accepted(submitted(ama.user), identity_checker.user)
    deed = AuditEvent.objects.get(action="person.level_changed")
    assert (deed.subject, deed.actor_id) == (f"user:{ama.id}", identity_checker.id)
    assert deed.details == {"role": "tenant", "from": 0, "to": 1}


@pytest.mark.parametrize("code", ["not_theirs", "blurred", "nonsense"])
def test_a_reason_belongs_to_its_decision(ama, identity_checker, code):
    check = submitted(ama.user)
    with pytest.raises(ReasonMissing):
        refuse_identity_check(
            check_id=check.pk,
            actor=identity_checker.user,
            reason="x",
            reason_code=code,
            now=clock.now(),
        )
    check.refresh_from_db()
    assert (check.status, check.reason_code) == ("submitted", "")


# --- Fraud ----------------------------------------------------------------------------------


def test_fraud_takes_two_people_and_a_case(ama, identity_checker, second):
    check = suspected(submitted(ama.user), identity_checker.user)
    assert (check.status, check.decided_by) == ("suspected", None)
    assert told() == ["accounts.identity_check_submitted"], "nobody is told"
    case = Case.objects.get()
    assert (case.kind, case.queue) == ("identity_fraud", "identities")
    for act in (confirmed, cleared):
        with pytest.raises(SecondPersonNeeded):
            act(check, identity_checker.user)
    for act in (accepted, suspected):
        with pytest.raises(TransitionRefused):
            act(check, second.user)
    case.refresh_from_db()
    assert case.status == "open"
    done = confirmed(check, second.user)
    assert (done.status, done.suspected_by, done.decided_by) == (
        "fraud",
        identity_checker.user,
        second.user,
    )
    case.refresh_from_db()
    assert (case.decision, case.decided_by) == ("fraud", second.user)
    assert levels(ama.user) == [("tenant", 0)]
    assert check_invariants(["identity.suspected_has_open_case"]) == []


def test_a_cleared_suspicion_puts_the_document_back_into_the_queue(
    ama, identity_checker, second
):
    check = suspected(submitted(ama.user), identity_checker.user)
    back = cleared(check, second.user)
    assert (back.status, back.reason, back.reason_code) == ("submitted", "", "")
    assert Case.objects.get().decision == "cleared"
    assert accepted(check, identity_checker.user).status == "accepted"
    assert check_invariants(["identity.suspected_has_open_case"]) == []


def test_the_first_person_does_not_decide_the_case_either(ama, identity_checker):
    suspected(submitted(ama.user), identity_checker.user)
    with pytest.raises(NotAllowed):
        decide_case(
            case_id=Case.objects.get().pk,
            decision="fraud",
            reason="x",
            actor=identity_checker.user,
            now=clock.now(),
        )


@pytest.mark.parametrize("who", ["moderator", "finance", "ama"])
def test_who_may_not_check_identities_suspects_nobody(
    request, ama, identity_checker, second, who
):
    actor = request.getfixturevalue(who).user
    waiting = submitted(ama.user)
    with pytest.raises(NotAllowed):
        suspected(waiting, actor)
    check = suspected(waiting, identity_checker.user)
    for act in (confirmed, cleared):
        with pytest.raises(NotAllowed):
            act(check, actor)
    check.refresh_from_db()
    assert check.status == "suspected"


# --- Signals, the number, the digits --------------------------------------------------------


def test_the_same_number_elsewhere_is_a_signal_and_no_refusal(ama, kossi, stranger):
    mine = submitted(ama.user, document_kind="cip", number="9876543210")
    theirs = submitted(stranger.user, document_kind="cem", number="98 765-43210")
    other = submitted(kossi.user, document_kind="passport", number="B9876543")
    assert twins_of(mine) == [theirs]
    assert twins_of(theirs) == [mine]
    assert twins_of(other) == []
    withdraw_identity_check(check_id=theirs.pk, person=stranger.user, now=clock.now())
    assert twins_of(mine) == [theirs], "what was taken back tells as much"


def test_the_same_photo_elsewhere_is_a_signal(ama, stranger):
    content = factories.jpeg()
    mine = submitted(ama.user, upload_id=sent(ama.user, content).pk)
    theirs = submitted(
        stranger.user, number="5555555555", upload_id=sent(stranger.user, content).pk
    )
    assert same_files_of(mine) == [theirs]
    assert twins_of(mine) == []


def test_reading_the_number_is_on_record_and_no_side_opens_it(ama, identity_checker):
    check = submitted(ama.user)
    token = sign_look(check=check, reader=identity_checker.user, part=NUMBER)
    assert open_number(token=token, reader=identity_checker.user) == "1234567890"
    deed = AuditEvent.objects.get(action="identity.number_viewed")
    assert deed.details == {"part": "number"}
    front = sign_look(check=check, reader=identity_checker.user)
    with pytest.raises(NotFound):
        open_number(token=front, reader=identity_checker.user)


def test_digits_of_an_accepted_identity_document_match_in_constant_work(
    ama, kossi, identity_checker, django_assert_num_queries
):
    check = submitted(ama.user)
    assert not document_digits_match(ama.id, "7890"), "it is not accepted yet"
    accepted(check, identity_checker.user)
    with django_assert_num_queries(3):
        assert document_digits_match(ama.id, "7890")
        assert not document_digits_match(ama.id, "7891")
        assert not document_digits_match(identity_checker.id, "7890")
    for wrong in ("", "890", "1234567890", "٧٨٩٠"):
        assert not document_digits_match(ama.id, wrong)
    assert not document_digits_match(kossi.id, "7890")


# --- Races: threads, real commits -----------------------------------------------------------


def test_two_second_people_at_once_are_one(committed):
    tenant = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    first, *others = (make_staff(f"s{n}", "identity_checker").user for n in range(3))
    check = suspected(submitted(tenant), first)
    results = race(
        2,
        lambda index: (confirmed if index else cleared)(check, others[index]),
    )
    assert sum(isinstance(item, TransitionRefused) for item in results) == 1, results
    assert Case.objects.get().status == "decided"
    assert check_invariants(["identity.suspected_has_open_case"]) == []


def test_two_documents_accepted_at_once_raise_a_hat_to_where_both_take_it(committed):
    """Each recount reads the other's document: the person's lock puts them in order."""
    landlord = make_person(
        name="Kossi", phone="+2290197000002", roles=("tenant", "landlord"), level=1
    )
    reviewers = [make_staff(f"s{n}", "identity_checker").user for n in range(2)]
    kinds = ("ifu", "utility_bill")
    checks = [submitted(landlord, document_kind=kind) for kind in kinds]
    race(2, lambda index: accepted(checks[index], reviewers[index]))
    assert dict(levels(landlord))["landlord"] == 2
    assert check_invariants(["identity.levels_rest_on_documents"]) == []


def test_control_without_the_persons_lock_both_miss_the_others_document(
    committed, monkeypatch
):
    from accounts.services.identity import levels as counting

    landlord = make_person(
        name="Kossi", phone="+2290197000002", roles=("tenant", "landlord"), level=1
    )
    reviewers = [make_staff(f"s{n}", "identity_checker").user for n in range(2)]
    kinds = ("ifu", "utility_bill")
    checks = [submitted(landlord, document_kind=kind) for kind in kinds]
    both_counted = threading.Barrier(2)

    def unlocked(queryset, pk):
        return queryset.get(pk=pk)

    count = counting.proofs_of

    def slow(person_id, *, role):
        found = count(person_id, role=role)
        if role == "landlord":
            both_counted.wait(30)
        return found

    monkeypatch.setattr(judging, "locked", unlocked)
    monkeypatch.setattr(counting, "locked", unlocked)
    monkeypatch.setattr(counting, "proofs_of", slow)
    race(2, lambda index: accepted(checks[index], reviewers[index]))
    assert dict(levels(landlord))["landlord"] == 1
