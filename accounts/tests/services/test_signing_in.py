"""When a right code is enough, and when an account asks for more."""

from datetime import timedelta
from itertools import product

import pytest

from accounts.models import CodeRequest, Phone, SignInChallenge
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
