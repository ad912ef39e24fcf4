"""A ban goes on past the number and the document that its person leaves behind."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Case, IdentityCheck, Phone, Sanction
from accounts.services.identity.checks import withdraw_identity_check
from accounts.services.identity.decisions import TwoReviewersNeeded
from accounts.services.identity.expiry import end_identity_check
from accounts.services.identity.signals import twins_of
from accounts.services.moderation import sanctions
from accounts.services.moderation.sanctions import approve_sanction
from accounts.services.people.phones import add_phone, ask_for_phone, remove_phone
from accounts.services.signing_in.codes import mint_code
from accounts.services.signing_in.holding import join
from accounts.tests.admin.test_identities import page_of
from accounts.tests.sanctioned import ban_without_case as ban
from accounts.tests.sanctioned import close, erase, impose, leads
from accounts.tests.services.test_identity_checks import accepted, submitted
from accounts.tests.sign_ins import DEVICE, answer, used_device
from lokahome.core import clock
from lokahome.tests.people import make_person, proved_now
from lokahome.tests.threads import backend_pid, is_waiting, race

WEEK = timedelta(days=7)
NUMBER = "+2290197000001"
FRESH = "+2290197000055"
CLOSED = "compte exclu ou suspendu"


@pytest.fixture
def person(committed):
    """Return whom the staff look at."""
    return make_person(name="Ama Dossou", phone=NUMBER, roles=("tenant",))


def add(session, number) -> Phone:
    """Return *number*, added to the account of *session* by its code."""
    now = clock.now()
    values = {"session": proved_now(session), "client_ip": "192.0.2.1", "now": now}
    asked = ask_for_phone(number=number, **values)
    code = mint_code(request_id=asked.pk, now=now)
    return add_phone(request_id=asked.pk, code=code, **values)


def looked_at() -> list[tuple[str, str]]:
    """Return whom the staff look at for a number, and for which sanction."""
    cases = Case.objects.open().filter(kind="barred_number").order_by("id")
    return [(case.subject, case.evidence["sanction_id"]) for case in cases]


def left_with(person, number, **values) -> None:
    """Let *number* have left the account of *person*."""
    values = {"released_at": clock.now(), "release_reason": "removed", **values}
    person.phones.filter(number=number).update(**values)


def test_a_barred_number_that_is_added_later_is_looked_at(person):
    """Joining by a fresh SIM, and adding the barred one, tells as much as joining by it."""
    banned = ban(person, *leads())
    erase(person)
    session = answer(FRESH, device_key=DEVICE).session
    assert looked_at() == []
    add(session, "+2290197000056")
    assert looked_at() == [], "the control: another number"
    phone = add(session, NUMBER)
    assert (phone.number, phone.user_id) == (NUMBER, session.user_id)
    once = [(f"user:{session.user_id}", str(banned.pk))]
    assert looked_at() == once
    close(Case.objects.open().get(kind="barred_number"))
    add(session, NUMBER)
    assert looked_at() == [], "it was theirs already"


def proposal(person, actor, **values) -> Sanction:
    """Return a ban that waits for its second person."""
    values = {"kind": "ban", "days": None, "case_id": None, **values}
    made = impose(person, actor, **values)
    assert made.status == "proposed"
    return made


def approve(sanction, actor) -> Sanction:
    return approve_sanction(
        sanction_id=sanction.pk, reason="D’accord", actor=actor, now=clock.now()
    )


@pytest.mark.parametrize(
    "values", [{}, {"kind": "suspend", "days": 90}, {"kind": "restrict", "days": 90}]
)
def test_who_left_with_the_number_while_it_was_proposed_is_looked_at(person, values):
    first, second = leads()
    session = used_device(person, DEVICE)
    add(session, FRESH)
    Phone.objects.filter(number=FRESH).update(held_since=clock.now() - WEEK)
    made = proposal(person, first, **values)
    phone = person.phones.get(number=NUMBER)
    remove_phone(session=session, phone_id=phone.pk, now=clock.now())
    newcomer = answer(NUMBER).user
    assert newcomer.pk != person.pk
    assert looked_at() == [], "nothing is in force yet"
    approve(made, second)
    assert looked_at() == [(f"user:{newcomer.pk}", str(made.pk))]
    newcomer.refresh_from_db()
    assert newcomer.is_active, "somebody looks, nobody is refused"


def test_who_passed_the_number_on_again_is_looked_at_too(person):
    first, second = leads()
    made = proposal(person, first)
    left_with(person, NUMBER)
    newcomer = join(NUMBER, "fr", clock.now())
    left_with(newcomer, NUMBER)
    after = join(NUMBER, "fr", clock.now())
    approve(made, second)
    told = str(made.pk)
    assert looked_at() == [(f"user:{newcomer.pk}", told), (f"user:{after.pk}", told)]


def test_a_number_given_up_before_or_with_a_warning_is_nobodys_business(person):
    first, second = leads()
    long_ago = clock.now() - timedelta(days=30)
    Phone.objects.filter(number=NUMBER).update(
        verified_at=long_ago, held_since=long_ago
    )
    left_with(person, NUMBER, released_at=long_ago)
    join(NUMBER, "fr", clock.now() - WEEK)
    impose(person, first, kind="warn", days=None, case_id=None)
    approve(proposal(person, first), second)
    assert looked_at() == []


def join_beside(person, first, second, monkeypatch, lock):
    """Let somebody join by a number just as the ban of who gave it up is approved."""
    made = proposal(person, first)
    left_with(person, NUMBER)
    behind, in_force, done = (threading.Event() for _ in range(3))
    approving: list[int] = []
    real = sanctions.advisory_lock

    def locked_late(*parts):
        approving.append(backend_pid())
        in_force.set()
        assert behind.wait(30)
        lock(real, *parts)

    monkeypatch.setattr(sanctions, "advisory_lock", locked_late)

    def work(index):
        if index == 0:
            try:
                return approve(made, second)
            finally:
                done.set()
        assert in_force.wait(30)
        with transaction.atomic():
            real("phone", NUMBER)  # as everybody who joins holds it
            newcomer = join(NUMBER, "fr", clock.now())
            behind.set()
            # The approval gets as far as it can: until it waits for us, or is through.
            while not done.wait(0.01) and not is_waiting(approving[0]):
                pass
        return newcomer

    results = race(2, work)
    assert not any(isinstance(item, BaseException) for item in results), results
    return made, results[1]


def test_joining_beside_the_approval_is_seen_by_one_of_them(person, monkeypatch):
    made, newcomer = join_beside(
        person, *leads(), monkeypatch, lambda real, *parts: real(*parts)
    )
    assert looked_at() == [(f"user:{newcomer.pk}", str(made.pk))]


def test_control_without_the_numbers_lock_nobody_looks(person, monkeypatch):
    join_beside(person, *leads(), monkeypatch, lambda real, *parts: None)
    assert looked_at() == []


def ran_out(check) -> None:
    """Let an accepted document have come to its end."""
    cause = IdentityCheck.EndCause.SILENCE
    with transaction.atomic():
        end_identity_check(check, cause=cause, now=clock.now())


@pytest.mark.parametrize("end", ["expired", "withdrawn"])
@pytest.mark.parametrize("kind", ["ban", "suspend"])
def test_a_document_of_a_closed_account_takes_two_however_it_ended(
    person, identity_checker, end, kind
):
    check = submitted(person)
    if end == "expired":
        ran_out(accepted(check, identity_checker.user))
    else:
        withdraw_identity_check(check_id=check.pk, person=person, now=clock.now())
    check.refresh_from_db()
    assert check.status == end
    newcomer = make_person(name="Ama D.", phone=FRESH, roles=("tenant",))
    again = submitted(newcomer)
    if kind == "ban":
        made = ban(person, *leads())
    else:
        made = impose(person, leads()[0], kind="suspend", days=7)
    with pytest.raises(TwoReviewersNeeded):
        accepted(again, identity_checker.user)
    again.refresh_from_db()
    assert (again.status, again.vouched_by, again.decided_by) == (
        "submitted",
        None,
        None,
    )
    assert [(twin, twin.is_of_closed) for twin in twins_of(again)] == [(check, True)]
    Sanction.objects.filter(pk=made.pk).update(
        status="lifted", lifted_at=clock.now(), lift_reason="À tort."
    )
    assert [twin.is_of_closed for twin in twins_of(again)] == [False]
    assert accepted(again, identity_checker.user).status == "accepted", "the control"


def test_documents_of_closed_accounts_are_shown_first(person, identity_checker):
    check = submitted(person)
    other = make_person(name="Bio", phone="+2290197000057", roles=("tenant",))
    later = submitted(other)
    newcomer = make_person(name="Ama D.", phone=FRESH, roles=("tenant",))
    again = submitted(newcomer)
    assert twins_of(again) == [later, check]
    assert CLOSED not in page_of(identity_checker, again)
    impose(person, leads()[0], kind="suspend", days=7)
    assert twins_of(again) == [check, later]
    assert CLOSED in page_of(identity_checker, again)
