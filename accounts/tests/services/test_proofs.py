"""Proving again who one is in a session that goes on."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from accounts.models import CodeRequest, Email, Phone, Session
from accounts.models.limits import MAX_TRIES, SETTLES_AFTER
from accounts.services.signing_in.codes import CodeSpent, mint_code
from accounts.services.signing_in.proof_limits import (
    DIGITS_PER_DOOR,
    DIGITS_PER_PERSON,
    PER_DOOR_A_DAY,
)
from accounts.services.signing_in.proofs import (
    ProofNeeded,
    ProofUnavailable,
    ProofWrong,
    prove_again,
    request_proof_code,
    require_recent_proof,
)
from accounts.services.signing_in.sessions import open_session
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    answer,
    code_for,
    give_email,
    letter_code,
    used_device,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound, RateLimited
from lokahome.tests.people import make_person
from lokahome.tests.threads import race

PHRASE = "a long pass phrase"
AGO = timedelta(hours=1)
NEWCOMER = "+2290196000022"


@pytest.fixture
def session(ama):
    """Return a session of Ama that began an hour ago."""
    return used_device(ama.user, DEVICE, at=clock.now() - AGO)


def with_password(session):
    session.user.set_password(PHRASE)
    session.user.save()


def prove(session, method="password", value=PHRASE, now=None):
    return prove_again(
        session=session, method=method, value=value, now=now or clock.now()
    )


def ask(session, method):
    return request_proof_code(
        session=session, method=method, client_ip="192.0.2.1", now=clock.now()
    )


def test_a_sign_in_counts_as_a_proof_for_ten_minutes(session):
    begun = session.started_at
    require_recent_proof(session, begun + timedelta(minutes=10))
    with pytest.raises(ProofNeeded) as refusal:
        require_recent_proof(session, begun + timedelta(minutes=10, seconds=1))
    assert refusal.value.members == {"methods": ["sms_code"]}


def test_a_proof_counts_for_ten_minutes(session):
    with_password(session)
    now = clock.now()
    proved = prove(session, now=now)
    assert proved.proved_at == now
    require_recent_proof(proved, now + timedelta(minutes=10))
    with pytest.raises(ProofNeeded):
        require_recent_proof(proved, now + timedelta(minutes=11))
    assert AuditEvent.objects.filter(action="session.proved").count() == 1


def test_a_code_by_sms_proves_once(session):
    request = ask(session, "sms_code")
    code = mint_code(request_id=request.pk, now=clock.now())
    assert prove(session, "sms_code", code).proved_at is not None
    with pytest.raises(ProofWrong):
        prove(session, "sms_code", code)


def test_a_code_by_letter_proves(session):
    give_email(session.user)
    ask(session, "email_code")
    assert prove(session, "email_code", letter_code(session.pk)).proved_at


def test_a_code_of_another_session_proves_nothing(session):
    other = used_device(session.user, None)
    request = ask(other, "sms_code")
    code = mint_code(request_id=request.pk, now=clock.now())
    with pytest.raises(CodeSpent):
        prove(session, "sms_code", code)
    request.refresh_from_db()
    assert request.tries == 0


def test_a_sign_in_code_proves_nothing_in_a_session(session):
    _request, code = code_for(session.user.phone)
    with pytest.raises(CodeSpent):
        prove(session, "sms_code", code)


def test_a_code_by_sms_is_no_code_by_letter(session):
    give_email(session.user)
    request = ask(session, "sms_code")
    code = mint_code(request_id=request.pk, now=clock.now())
    with pytest.raises(CodeSpent):
        prove(session, "email_code", code)


def test_five_wrong_codes_use_it_up(session):
    request = ask(session, "sms_code")
    code = mint_code(request_id=request.pk, now=clock.now())
    for _ in range(MAX_TRIES):
        with pytest.raises(ProofWrong):
            prove(session, "sms_code", f"{(int(code) + 1) % 10**6:06d}")
    with pytest.raises(ProofWrong):
        prove(session, "sms_code", code)
    session.refresh_from_db()
    assert session.proved_at is None


def test_passwords_are_guessed_twenty_times_a_day_and_not_more(session):
    with_password(session)
    for _ in range(PER_DOOR_A_DAY):
        with pytest.raises(ProofWrong):
            prove(session, value="wrong")
    with pytest.raises(RateLimited):
        prove(session)


def test_who_holds_a_stolen_token_uses_up_their_own_tries(session):
    with_password(session)
    stolen = used_device(session.user, OTHER_DEVICE, at=clock.now() - AGO)
    for method in ("password", "document_digits"):
        for _ in range(PER_DOOR_A_DAY):
            with pytest.raises((ProofWrong, RateLimited)):
                prove(stolen, method, "0000")
    with pytest.raises(RateLimited):
        prove(stolen)
    assert prove(session).proved_by == "password"


def test_digits_are_guessed_a_few_times_a_week_in_all_sessions_together(committed):
    kossi = make_person(
        name="Kossi", phone="+2290197000071", roles=("landlord",), level=2
    )
    tries = 0
    for index in range(DIGITS_PER_PERSON):
        session = used_device(kossi, UUID(int=index + 1), at=clock.now() - AGO)
        for _ in range(DIGITS_PER_DOOR + 1):
            try:
                prove(session, "document_digits", "xxxx")
            except ProofWrong:
                tries += 1
            except RateLimited:
                break
    assert tries == DIGITS_PER_PERSON


# --- What a code to the SIM says ------------------------------------------------------


def proved_by_sms(session):
    request = ask(session, "sms_code")
    return prove(session, "sms_code", mint_code(request_id=request.pk, now=clock.now()))


def test_a_code_to_an_open_screen_proves_nobody_who_has_another_method(session):
    require_recent_proof(proved_by_sms(session), clock.now())  # the control: none yet
    with_password(session)
    with pytest.raises(ProofNeeded) as refusal:
        require_recent_proof(proved_by_sms(session), clock.now())
    assert refusal.value.members == {"methods": ["password"]}
    require_recent_proof(prove(session), clock.now())


def test_a_bare_code_sign_in_is_no_proof_for_who_has_another_method(session):
    fresh = used_device(session.user, OTHER_DEVICE)
    require_recent_proof(fresh, clock.now())
    give_email(session.user)
    with pytest.raises(ProofNeeded) as refusal:
        require_recent_proof(fresh, clock.now())
    assert refusal.value.members == {"methods": ["email_code"]}


def test_a_code_by_sms_does_not_take_the_place_of_a_better_proof(session):
    with_password(session)
    prove(session)
    assert proved_by_sms(session).proved_by == "password"


def test_a_number_that_came_beside_another_proves_nothing_for_48_hours(session):
    newer = Phone(user=session.user, number=NEWCOMER, verified_at=clock.now())
    newer.save()
    assert ask(session, "sms_code").phone == session.user.phone != NEWCOMER
    with pytest.raises(ProofNeeded):
        require_recent_proof(used_device(session.user, OTHER_DEVICE), clock.now())
    Phone.objects.filter(pk=newer.pk).update(held_since=clock.now() - SETTLES_AFTER)
    assert ask(session, "sms_code").phone == NEWCOMER
    require_recent_proof(used_device(session.user, OTHER_DEVICE), clock.now())


def test_the_only_number_proves_from_its_first_hour(db):
    person = answer(NEWCOMER).user
    session = used_device(person, DEVICE, at=clock.now() - AGO)
    require_recent_proof(proved_by_sms(session), clock.now())


def test_a_password_that_a_code_set_is_worth_no_more_than_the_code(session):
    with_password(session)
    session.user.password_reset_at = clock.now()
    session.user.save()
    with pytest.raises(ProofWrong):
        prove(session)
    by_password = open_session(
        user=session.user, method="password", device_key=DEVICE, now=clock.now()
    )
    give_email(session.user)
    with pytest.raises(ProofNeeded):
        require_recent_proof(by_password, clock.now())
    session.user.password_reset_at = clock.now() - SETTLES_AFTER
    session.user.save()
    assert prove(session).proved_by == "password"


def test_an_address_proves_after_48_hours_and_for_one_account_alone(session, kossi):
    email = give_email(session.user, at=clock.now() - timedelta(hours=47))
    with pytest.raises(ProofUnavailable):
        ask(session, "email_code")
    Email.objects.filter(pk=email.pk).update(verified_at=clock.now() - SETTLES_AFTER)
    assert ask(session, "email_code").email == email
    code = letter_code(session.pk)
    give_email(kossi.user, email.address)
    with pytest.raises(ProofWrong):
        prove(session, "email_code", code)
    with pytest.raises(ProofUnavailable):
        ask(session, "email_code")
    session.refresh_from_db()
    assert session.proved_at is None


def test_who_has_no_password_guesses_none(session):
    with pytest.raises(ProofWrong):
        prove(session, value="")


def test_a_lost_sim_and_a_missing_address_get_no_code(session):
    Phone.objects.filter(user=session.user).update(lost_at=clock.now())
    for method in ("sms_code", "email_code"):
        with pytest.raises(ProofUnavailable):
            ask(session, method)
    assert not CodeRequest.objects.exists()


def test_an_ended_session_proves_nothing(session):
    with_password(session)
    now = clock.now()
    Session.objects.filter(pk=session.pk).update(ended_at=now, end_reason="revoked")
    with pytest.raises(NotFound):
        prove(session)


def test_proving_inside_a_transaction_is_refused(committed, session):
    with pytest.raises(RuntimeError), transaction.atomic():
        prove(session)


def test_of_ten_parallel_right_codes_one_proves(committed, session):
    request = ask(session, "sms_code")
    code = mint_code(request_id=request.pk, now=clock.now())
    results = race(10, lambda _: prove(session, "sms_code", code))
    assert sum(isinstance(item, Session) for item in results) == 1
    assert sum(isinstance(item, ProofWrong) for item in results) == 9
