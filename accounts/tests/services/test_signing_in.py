"""When a right code is enough, and when an account asks for more."""

from datetime import timedelta
from itertools import product

import pytest

from accounts.api.tokens import rotate_tokens, tokens_of
from accounts.models import CodeRequest, Phone, Session, SignInChallenge, User
from accounts.policies.signing_in import SILENT_AFTER, second_proof_reason
from accounts.services.signing_in import stakes
from accounts.services.signing_in.challenging import ChallengeNeeded
from accounts.services.signing_in.codes import CodeSpent, CodeWrong
from accounts.services.signing_in.entering import SignedIn, verify_code
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    answer,
    code_for,
    give_email,
    put_at_stake,
    used_device,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.tests.threads import race

LONG, SHORT = SILENT_AFTER, SILENT_AFTER - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("is_lost", "is_at_stake", "has_history", "knows_device", "silent_for"),
    tuple(product(*[(True, False)] * 4, (None, SHORT, LONG))),
)
def test_the_whole_table_of_second_proofs(
    is_lost, is_at_stake, has_history, knows_device, silent_for
):
    if is_lost:
        wanted = "lost"
    elif is_at_stake and not knows_device:
        wanted = "new_device"
    elif silent_for == SHORT:
        wanted = None
    elif is_at_stake or has_history:
        wanted = "silence"
    else:
        wanted = None
    found = second_proof_reason(
        is_lost=is_lost,
        is_at_stake=is_at_stake,
        has_history=has_history,
        knows_device=knows_device,
        silent_for=silent_for,
    )
    assert found == wanted


def test_nothing_at_stake_lets_a_code_open_the_account_from_anywhere(ama):
    result = answer(ama.user.phone, device_key=OTHER_DEVICE)
    assert isinstance(result, SignedIn)
    assert (result.user, result.is_new) == (ama.user, False)
    assert not SignInChallenge.objects.exists()


@pytest.mark.parametrize("device", [None, OTHER_DEVICE])
def test_a_new_device_of_an_account_at_stake_is_challenged(ama, device):
    used_device(put_at_stake(ama.user), DEVICE)
    result = answer(ama.user.phone, device_key=device)
    assert isinstance(result, ChallengeNeeded)
    row = SignInChallenge.objects.get()
    assert (row.person, row.phone.number, row.reason, row.status) == (
        ama.user,
        ama.user.phone,
        "new_device",
        "open",
    )
    assert AuditEvent.objects.filter(action="sign_in.challenged").count() == 1


def test_the_known_device_of_an_account_at_stake_signs_in(ama):
    used_device(put_at_stake(ama.user), DEVICE)
    assert answer(ama.user.phone, device_key=DEVICE).user == ama.user


def test_another_persons_device_is_no_known_device(ama, kossi):
    used_device(kossi.user, DEVICE)
    put_at_stake(ama.user)
    assert isinstance(answer(ama.user.phone, device_key=DEVICE), ChallengeNeeded)


def test_ninety_silent_days_are_asked_about_even_on_a_known_device(ama):
    used_device(put_at_stake(ama.user), DEVICE)
    later = clock.now() + timedelta(days=90, minutes=5)
    result = answer(ama.user.phone, device_key=DEVICE, now=later)
    assert result.challenge.reason == "silence"
    before = clock.now() + timedelta(days=89)
    assert isinstance(answer(ama.user.phone, device_key=DEVICE, now=before), SignedIn)


@pytest.mark.parametrize("name", ["money", "lease"])
def test_each_registered_stake_counts(ama, monkeypatch, name):
    assert name in stakes.STAKES
    monkeypatch.setitem(stakes.STAKES, name, lambda user_id: user_id == ama.id)
    assert isinstance(answer(ama.user.phone), ChallengeNeeded)


def test_two_apps_cannot_register_one_stake():
    with pytest.raises(TypeError):
        stakes.register_stake("money", lambda _: True)


def test_a_lost_sim_opens_nothing_even_with_nothing_at_stake(ama):
    Phone.objects.filter(user=ama.user).update(lost_at=clock.now())
    result = answer("+2290197000001", device_key=DEVICE)
    assert result.challenge.reason == "lost"


def test_a_challenge_names_the_proofs_that_the_account_has(ama):
    put_at_stake(ama.user)
    assert answer(ama.user.phone).methods == []
    ama.user.set_password("a long pass phrase")
    ama.user.save()
    give_email(ama.user)
    assert answer(ama.user.phone).methods == ["password", "email_code"]


def test_a_challenged_code_is_used_up_and_verifies_nothing(ama):
    put_at_stake(ama.user)
    before = Phone.objects.get(user=ama.user).verified_at
    request, code = code_for(ama.user.phone)
    kwargs = {"request_id": request.pk, "code": code, "now": clock.now()}
    assert isinstance(verify_code(**kwargs), ChallengeNeeded)
    with pytest.raises(CodeSpent):
        verify_code(**kwargs)
    assert Phone.objects.get(user=ama.user).verified_at == before
    assert SignInChallenge.objects.count() == 1


def test_a_sign_in_code_serves_no_other_purpose_and_the_other_way_round(ama):
    request, code = code_for(ama.user.phone)
    CodeRequest.objects.filter(pk=request.pk).update(
        purpose="proof", person=ama.user, bound_id=ama.id
    )
    with pytest.raises(CodeSpent):
        verify_code(request_id=request.pk, code=code, now=clock.now())


def test_a_wrong_code_costs_the_same_queries_for_known_and_unknown_numbers(
    ama,
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for phone in (ama.user.phone, "+2290197000088"):
        request, code = code_for(phone)
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        with CaptureQueriesContext(connection) as queries, pytest.raises(CodeWrong):
            verify_code(request_id=request.pk, code=wrong, now=clock.now())
        counts.append([item["sql"].split(" ")[0] for item in queries])
    assert counts[0] == counts[1]


# --- A lost answer ------------------------------------------------------------------------

MINUTE = timedelta(seconds=60)


def right_code(phone, now, device=DEVICE):
    """Return what answers a new request for a code to *phone* from *device*."""
    request, code = code_for(phone, now=now)
    return {"request_id": request.pk, "code": code, "device_key": device}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_lost_answer_is_given_again_for_a_minute(db, request, is_known):
    phone = request.getfixturevalue("ama").user.phone if is_known else "+2290197000077"
    now = clock.now()
    body = right_code(phone, now)
    first = verify_code(**body, now=now)
    again = verify_code(**body, now=now + MINUTE)
    assert (again.session, again.user) == (first.session, first.user)
    assert again.is_new is first.is_new is not is_known
    tokens = tokens_of(first.session, now=now)
    assert tokens_of(again.session, now=now + MINUTE) == tokens
    assert Session.objects.filter(user=first.user).alive(now).count() == 1
    with pytest.raises(CodeSpent):
        verify_code(**body, now=now + MINUTE + timedelta(seconds=1))


def test_a_challenge_is_given_again_as_well(ama):
    put_at_stake(ama.user)
    now = clock.now()
    body = right_code(ama.user.phone, now)
    first = verify_code(**body, now=now)
    again = verify_code(**body, now=now + MINUTE)
    assert again.challenge == first.challenge
    assert SignInChallenge.objects.count() == 1


@pytest.mark.parametrize("device", [OTHER_DEVICE, None])
def test_a_lost_answer_is_no_other_devices(ama, device):
    now = clock.now()
    body = right_code(ama.user.phone, now)
    verify_code(**body, now=now)
    with pytest.raises(CodeSpent):
        verify_code(**{**body, "device_key": device}, now=now)
    assert Session.objects.filter(user=ama.user).alive(now).count() == 1


def test_a_used_code_is_no_key_to_be_guessed_at(ama):
    now = clock.now()
    body = right_code(ama.user.phone, now)
    verify_code(**body, now=now)
    wrong = f"{(int(body['code']) + 1) % 10**6:06d}"
    with pytest.raises(CodeSpent):
        verify_code(**{**body, "code": wrong}, now=now)


def test_whose_tokens_were_used_asks_for_another_code(ama):
    now = clock.now()
    body = right_code(ama.user.phone, now)
    session = verify_code(**body, now=now).session
    tokens = tokens_of(session, now=now)
    rotate_tokens(tokens.refresh, device_key=DEVICE, now=now)
    with pytest.raises(CodeSpent):
        verify_code(**body, now=now)


def test_two_answers_at_once_are_one_session(committed):
    now = clock.now()
    body = right_code("+2290197000077", now)
    results = race(2, lambda _: verify_code(**body, now=now))
    assert {item.session.pk for item in results} == {Session.objects.get().pk}
    assert User.objects.filter(phones__number="+2290197000077").count() == 1


def test_a_code_is_not_used_up_when_no_session_stands(ama, monkeypatch):
    from accounts.services.signing_in import entering

    now = clock.now()
    body = right_code(ama.user.phone, now)

    def fail(**_values):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(entering, "open_session", fail)
        with pytest.raises(RuntimeError):
            verify_code(**body, now=now)
    assert CodeRequest.objects.get(pk=body["request_id"]).used_at is None
    assert verify_code(**body, now=now).user == ama.user
