"""Second proofs: single use, five tries, one device; or another account."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.events import PhoneTakenOver
from accounts.models import CodeRequest, Phone, SignInChallenge, User
from accounts.models.limits import MAX_TRIES
from accounts.queries.people import payout_cooling_until
from accounts.services.signing_in import challenges
from accounts.services.signing_in.challenges import (
    ChallengeSpent,
    NumberReserved,
    answer_challenge,
    give_notice,
    leave_account,
    request_challenge_code,
)
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.entering import (
    AccountClosed,
    SignedIn,
    verify_code,
)
from accounts.services.signing_in.lapsing import lapse_sign_ins
from accounts.services.signing_in.proof_limits import DIGITS_PER_PERSON
from accounts.services.signing_in.proofs import ProofUnavailable, ProofWrong
from accounts.tests.sanctioned import impose
from accounts.tests.services.test_identity_checks import accepted, submitted
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    answer,
    code_for,
    give_email,
    letter_code,
    put_at_stake,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person
from lokahome.tests.threads import race

PHRASE = "a long pass phrase"


@pytest.fixture
def challenged(ama):
    """Return Ama's challenge on a device that her account does not know."""
    put_at_stake(ama.user)
    ama.user.set_password(PHRASE)
    ama.user.save()
    return answer(ama.user.phone, device_key=DEVICE).challenge


def prove(challenge, value=PHRASE, method="password", device=DEVICE, now=None):
    return answer_challenge(
        challenge_id=challenge.pk,
        method=method,
        value=value,
        device_key=device,
        now=now or clock.now(),
    )


def test_the_password_opens_the_account(challenged, ama):
    result = prove(challenged)
    assert (result.user, result.is_new) == (ama.user, False)
    challenged.refresh_from_db()
    assert (challenged.status, challenged.method) == ("proved", "password")
    assert AuditEvent.objects.filter(action="sign_in.proved").count() == 1


def test_a_proof_does_not_begin_the_wait_for_payouts_again(challenged, ama):
    before = Phone.objects.get(user=ama.user).held_since
    prove(challenged)
    assert Phone.objects.get(user=ama.user).held_since == before


def test_a_lost_sim_that_is_proved_is_found_and_payouts_wait_again(ama):
    ama.user.set_password(PHRASE)
    ama.user.save()
    Phone.objects.filter(user=ama.user).update(lost_at=clock.now())
    challenge = answer("+2290197000001", device_key=DEVICE).challenge
    now = clock.now()
    prove(challenge, now=now)
    phone = Phone.objects.get(user=ama.user)
    assert (phone.lost_at, phone.held_since) == (None, now)


def test_a_challenge_is_answered_once(challenged):
    prove(challenged)
    with pytest.raises(ChallengeSpent):
        prove(challenged)


def test_five_wrong_answers_use_it_up_and_the_right_one_comes_too_late(challenged):
    for tried in range(1, MAX_TRIES + 1):
        with pytest.raises(ProofWrong):
            prove(challenged, "wrong")
        challenged.refresh_from_db()
        assert challenged.tries == tried
    assert challenged.status == "spent"
    with pytest.raises(ChallengeSpent):
        prove(challenged)


def test_it_is_answered_from_the_device_that_gave_the_code(challenged):
    for device in (None, OTHER_DEVICE):
        with pytest.raises(ChallengeSpent):
            prove(challenged, device=device)
    challenged.refresh_from_db()
    assert (challenged.tries, challenged.status) == (0, "open")


def test_it_ends_after_half_an_hour_and_the_job_says_so(challenged):
    late = challenged.expires_at
    with pytest.raises(ChallengeSpent):
        prove(challenged, now=late)
    assert lapse_sign_ins(now=late - timedelta(seconds=1)) == 0
    assert lapse_sign_ins(now=late) == 1
    challenged.refresh_from_db()
    assert (challenged.status, challenged.closed_at) == ("lapsed", late)


def test_an_unknown_challenge_looks_like_a_spent_one(db):
    with pytest.raises(ChallengeSpent):
        answer_challenge(
            challenge_id=uuid7(),
            method="password",
            value="x",
            device_key=DEVICE,
            now=clock.now(),
        )


def test_the_code_of_a_letter_opens_the_account_once(challenged, ama):
    give_email(ama.user)
    ask = {"challenge_id": challenged.pk, "device_key": DEVICE, "client_ip": "x"}
    request_challenge_code(method="email_code", **ask, now=clock.now())
    code = letter_code(challenged.pk)
    with pytest.raises(ProofWrong):
        prove(challenged, f"{(int(code) + 1) % 10**6:06d}", "email_code")
    assert prove(challenged, code, "email_code").user == ama.user
    row = CodeRequest.objects.get(bound_id=challenged.pk)
    assert row.used_at is not None
    assert (row.channel, row.phone) == ("email", "")


def test_a_code_of_another_request_opens_nothing(challenged, ama):
    request, code = code_for(ama.user.phone)
    with pytest.raises(ProofWrong):
        prove(challenged, code, "email_code")
    request.refresh_from_db()
    assert (request.tries, request.used_at) == (0, None)


def test_an_account_without_an_address_gets_no_letter(challenged):
    with pytest.raises(ProofUnavailable):
        request_challenge_code(
            method="email_code",
            challenge_id=challenged.pk,
            device_key=DEVICE,
            client_ip="x",
            now=clock.now(),
        )
    assert not CodeRequest.objects.filter(purpose="challenge").exists()


def test_the_digits_of_the_document_open_the_account(db):
    kofi = make_person(
        name="Kofi", phone="+2290197000077", roles=("landlord",), level=1
    )
    challenge = answer(kofi.phone, device_key=DEVICE)
    assert isinstance(challenge, ChallengeNeeded)
    assert challenge.methods == ["document_digits"]
    right = str(kofi.pk.int % 10**10).zfill(10)[-4:]
    wrong = f"{(int(right) + 1) % 10**4:04d}"
    with pytest.raises(ProofWrong):
        prove(challenge.challenge, wrong, "document_digits")
    assert prove(challenge.challenge, right, "document_digits").user == kofi


@pytest.mark.parametrize("value", ["", "12", "١٢٣٤", "１２３４", "abcd", "1" * 200])
def test_digits_that_are_none_are_wrong_and_no_fault(challenged, value):
    with pytest.raises(ProofWrong):
        prove(challenged, value, "document_digits")


def test_four_digits_are_few_and_counted_over_all_challenges(ama, identity_checker):
    accepted(submitted(ama.user), identity_checker.user)
    now = clock.now()
    done = 0
    for hour in range(6):
        at = now + timedelta(hours=hour)
        challenge = answer(ama.user.phone, device_key=DEVICE, now=at).challenge
        for _ in range(MAX_TRIES):
            try:
                prove(challenge, "0000", "document_digits", now=at)
            except ProofWrong:
                done += 1
            except RateLimited:
                pass
    assert done == DIGITS_PER_PERSON


def test_a_closed_account_stays_closed_to_the_right_proof(challenged, ama):
    User.objects.filter(pk=ama.id).update(is_active=False)
    with pytest.raises(AccountClosed):
        prove(challenged)


def test_proving_inside_a_transaction_is_refused(committed, challenged):
    with pytest.raises(RuntimeError), transaction.atomic():
        prove(challenged)


# --- Another account ------------------------------------------------------------------


def leave(challenge, device=DEVICE, now=None):
    return leave_account(
        challenge_id=challenge.pk, device_key=device, now=now or clock.now()
    )


def test_leaving_detaches_the_number_and_opens_an_account_without_the_past(
    challenged, ama
):
    result = leave(challenged)
    assert result.is_new
    assert result.user != ama.user
    assert result.user.phone == "+2290197000001"
    assert list(result.user.roles.values_list("role", "level")) == [("tenant", 0)]
    old = Phone.objects.get(user=ama.user)
    assert old.released_at is not None
    assert old.release_reason == "taken_over"
    assert ama.get("/api/v1/me").status_code == 200
    row = OutboxEvent.objects.get(name=PhoneTakenOver.name)
    assert row.payload == {"phone_id": str(old.pk), "person_id": str(ama.id)}
    assert isinstance(answer("+2290197000001"), SignedIn)


def test_one_leaves_once_and_proves_nothing_afterwards(challenged):
    leave(challenged)
    for again in (leave, prove):
        with pytest.raises(ChallengeSpent):
            again(challenged)
    assert User.objects.count() == 2


def test_another_device_takes_no_number_away(challenged, ama):
    with pytest.raises(ChallengeSpent):
        leave(challenged, device=OTHER_DEVICE)
    assert Phone.objects.get(user=ama.user).released_at is None


def test_a_lost_sim_waits_thirty_days_for_its_person(ama):
    now = clock.now()
    Phone.objects.filter(user=ama.user).update(lost_at=now)
    challenge = answer("+2290197000001", device_key=DEVICE).challenge
    with pytest.raises(NumberReserved) as refusal:
        leave(challenge)
    assert "until" in refusal.value.members
    assert Phone.objects.get(user=ama.user).released_at is None
    later = now + timedelta(days=30)
    challenge = answer("+2290197000001", device_key=DEVICE, now=later).challenge
    assert leave(challenge, now=later).is_new


# --- Races ----------------------------------------------------------------------------


def test_of_twenty_parallel_answers_five_are_looked_at(committed, challenged):
    results = race(20, lambda _: prove(challenged, "wrong"))
    assert sum(isinstance(item, ProofWrong) for item in results) == MAX_TRIES
    assert sum(isinstance(item, ChallengeSpent) for item in results) == 15
    challenged.refresh_from_db()
    assert (challenged.tries, challenged.status) == (MAX_TRIES, "spent")


def test_control_without_the_lock_more_than_five_answers_are_looked_at(
    committed, challenged, monkeypatch
):
    """The race above is real: read first, all at once, and everybody passes."""
    everybody_read = threading.Barrier(10)

    def unlocked(challenge_id, device_key, now):
        row = SignInChallenge.objects.select_related("phone").get(pk=challenge_id)
        everybody_read.wait(30)
        return row

    monkeypatch.setattr(challenges, "open_locked", unlocked)
    monkeypatch.setattr(challenges, "locked", lambda rows, pk: rows.get(pk=pk))
    results = race(10, lambda _: prove(challenged, "wrong"))
    assert sum(isinstance(item, ProofWrong) for item in results) > MAX_TRIES


def test_of_ten_parallel_right_answers_one_opens_a_session(committed, challenged):
    results = race(10, lambda _: prove(challenged))
    assert sum(isinstance(item, SignedIn) for item in results) == 1
    assert sum(isinstance(item, ChallengeSpent) for item in results) == 9


def test_of_ten_who_leave_at_once_one_gets_an_account(committed, challenged):
    results = race(10, lambda _: leave(challenged))
    assert sum(isinstance(item, SignedIn) for item in results) == 1
    assert User.objects.count() == 2
    assert Phone.objects.current().count() == 1


def test_a_number_that_leaves_while_its_code_is_answered_belongs_to_one(
    committed, challenged, ama
):
    request, code = code_for("+2290197000001")

    def either(index):
        if index:
            return leave(challenged)
        return verify_code(request_id=request.pk, code=code, now=clock.now())

    asked, left = race(2, either)
    assert left.is_new
    assert Phone.objects.current().get().user == left.user
    # Either it came first, and met the old account, or it found the new one.
    if isinstance(asked, SignedIn):
        assert (asked.user, asked.is_new) == (left.user, False)
    else:
        assert asked.challenge.person == ama.user


def test_who_proves_and_who_leaves_at_once_do_not_both_win(committed, challenged):
    results = race(8, lambda i: (prove if i % 2 else leave)(challenged))
    assert sum(isinstance(item, SignedIn) for item in results) == 1
    challenged.refresh_from_db()
    assert challenged.status in {"proved", "left"}


def test_a_letter_that_was_never_asked_for_proves_nothing(challenged, ama):
    give_email(ama.user)
    with pytest.raises(ProofWrong):
        prove(challenged, "000000", "email_code")


# --- What is paid out after it ------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "waits"), [("password", False), ("email_code", True)]
)
def test_only_who_knows_the_password_is_paid_out_at_once(
    challenged, ama, method, waits
):
    """SIM and papers lie in one handbag: what a thief finds there pays nobody."""
    give_email(ama.user)
    value = PHRASE
    if method == "email_code":
        ask = {"challenge_id": challenged.pk, "method": method, "device_key": DEVICE}
        request_challenge_code(**ask, client_ip="x", now=clock.now())
        value = letter_code(challenged.pk)
    prove(challenged, value, method)
    until = payout_cooling_until(ama.id, ama.user.phone)
    assert (until is not None) is waits


# --- An account that was closed meanwhile -------------------------------------------------


def test_a_suspended_person_takes_no_number_out_of_the_account(challenged, ama):
    now = clock.now()
    User.objects.filter(pk=ama.id).update(is_active=False)
    for leave in (leave_account, give_notice):
        with pytest.raises(AccountClosed):
            leave(challenge_id=challenged.pk, device_key=DEVICE, now=now)
    challenged.refresh_from_db()
    assert challenged.status == "open"
    assert Phone.objects.get(number=ama.user.phone).released_at is None
    assert User.objects.filter(phones__number=ama.user.phone).count() == 1


def test_a_suspension_ends_whatever_waits_to_sign_in(challenged, ama, moderator):
    give_email(ama.user)
    now = clock.now()
    notice = give_notice(challenge_id=challenged.pk, device_key=DEVICE, now=now)
    impose(ama.user, moderator.user)
    for row in (challenged, notice):
        row.refresh_from_db()
        assert row.status == "lapsed"
    with pytest.raises(ChallengeSpent):
        leave_account(challenge_id=challenged.pk, device_key=DEVICE, now=now)
