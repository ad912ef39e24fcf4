"""Proving again who one is in a session that goes on."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import CodeRequest, Phone, Session
from accounts.models.limits import MAX_TRIES
from accounts.services.signing_in.codes import CodeSpent, mint_code
from accounts.services.signing_in.limits import PROOFS_PER_PERSON_A_DAY
from accounts.services.signing_in.proofs import (
    ProofNeeded,
    ProofUnavailable,
    ProofWrong,
    prove_again,
    request_proof_code,
    require_recent_proof,
)
from accounts.tests.sign_ins import (
    DEVICE,
    code_for,
    give_email,
    letter_code,
    used_device,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound, RateLimited
from lokahome.tests.threads import race

PHRASE = "a long pass phrase"
AGO = timedelta(hours=1)


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
    for _ in range(PROOFS_PER_PERSON_A_DAY):
        with pytest.raises(ProofWrong):
            prove(session, value="wrong")
    with pytest.raises(RateLimited):
        prove(session)


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
