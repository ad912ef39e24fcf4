"""Signing in from a new device over HTTP: the challenge and its four ways out."""

from uuid import uuid4

import pytest

from accounts.models import CodeRequest, Phone, SignInChallenge, SignInNotice, User
from accounts.services.signing_in.codes import mint_code
from accounts.tests.sign_ins import DEVICE, give_email, letter_code, put_at_stake
from lokahome.core import clock

REQUESTS = "/api/v1/auth/otp-requests"
VERIFICATIONS = "/api/v1/auth/otp-verifications"
CHALLENGES = "/api/v1/auth/challenges"
NOTICES = "/api/v1/me/sign-in-notices"
PHRASE = "a long pass phrase"
FROM_DEVICE = {"LokaHome-Device": str(DEVICE)}


def verify(client, phone="+2290197000001", headers=FROM_DEVICE):
    body = {"phone": phone, "device": "Tecno"}
    asked = client.post(REQUESTS, body, headers=headers).json()
    code = mint_code(request_id=asked["id"], now=clock.now())
    body = {"request_id": asked["id"], "code": code}
    return client.post(VERIFICATIONS, body, headers=headers)


@pytest.fixture
def challenge(ama, anonymous):
    """Return the body of Ama's challenge."""
    put_at_stake(ama.user)
    ama.user.set_password(PHRASE)
    ama.user.save()
    give_email(ama.user)
    answer = verify(anonymous)
    assert answer.status_code == 202, answer.json()
    return answer.json()


def at(challenge, step):
    return f"{CHALLENGES}/{challenge['challenge_id']}/{step}"


def prove(client, challenge, method="password", value=PHRASE, headers=FROM_DEVICE):
    body = {"method": method, "value": value}
    return client.post(at(challenge, "proofs"), body, headers=headers)


def test_a_challenge_gives_no_token_and_no_personal_data(challenge, ama):
    assert set(challenge) == {
        "challenge_id",
        "given",
        "reason",
        "methods",
        "expires_at",
    }
    assert challenge["given"] == "code"
    assert challenge["reason"] == "new_device"
    assert challenge["methods"] == ["password", "email_code"]
    assert ama.user.full_name not in str(challenge)


def test_a_second_proof_gives_a_session_and_makes_the_device_known(
    challenge, anonymous, ama
):
    answer = prove(anonymous, challenge)
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == str(ama.id)
    assert answer.json()["is_new"] is False
    assert verify(anonymous).status_code == 200
    device = ama.user.devices.get(name="Tecno")
    assert device.trusted_at is not None


def test_a_wrong_proof_is_422_and_a_spent_challenge_410(challenge, anonymous):
    for _ in range(5):
        answer = prove(anonymous, challenge, value="wrong")
        assert (answer.status_code, answer.json()["code"]) == (422, "proof.wrong")
    answer = prove(anonymous, challenge)
    assert (answer.status_code, answer.json()["code"]) == (410, "challenge.spent")


def test_an_unknown_challenge_answers_like_a_spent_one(challenge, anonymous):
    prove(anonymous, challenge)
    spent = prove(anonymous, challenge).json()
    unknown = prove(anonymous, {"challenge_id": uuid4()}).json()
    for body in (spent, unknown):
        body.pop("instance")
        body.pop("request_id")
    assert spent == unknown


def test_another_device_or_none_cannot_answer(challenge, anonymous):
    for headers in ({}, {"LokaHome-Device": str(uuid4())}, {"LokaHome-Device": "x"}):
        assert prove(anonymous, challenge, headers=headers).status_code == 410


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"method": "password"},
        {"method": "password", "value": None},
        {"method": "password", "value": ["x"]},
        {"method": "magic", "value": "x"},
        {"method": "email_code", "value": "x" * 201},
    ],
)
def test_what_is_no_proof_is_refused_and_costs_no_try(challenge, anonymous, body):
    path = at(challenge, "proofs")
    assert anonymous.post(path, body, headers=FROM_DEVICE).status_code == 422
    assert SignInChallenge.objects.get().tries == 0


def test_the_sim_that_spoke_is_no_second_proof(challenge, anonymous):
    body = {"method": "sms_code", "value": "123456"}
    for path in (at(challenge, "proofs"), at(challenge, "sms-codes")):
        answer = anonymous.post(path, body, headers=FROM_DEVICE)
        assert (answer.status_code, answer.json()["code"]) == (409, "proof.unavailable")
    assert SignInChallenge.objects.get().tries == 0
    assert not CodeRequest.objects.filter(purpose="challenge").exists()


def test_a_code_goes_to_the_address_which_is_not_told(challenge, anonymous):
    path = at(challenge, "email-codes")
    answer = anonymous.post(path, headers=FROM_DEVICE)
    assert (answer.status_code, set(answer.json())) == (201, {"expires_at"})
    code = letter_code(challenge["challenge_id"])
    assert prove(anonymous, challenge, "email_code", code).status_code == 200


def test_letters_are_limited_and_say_until_when(challenge, anonymous):
    path = at(challenge, "email-codes")
    answers = [anonymous.post(path, headers=FROM_DEVICE) for _ in range(6)]
    assert [item.status_code for item in answers] == [201] * 5 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert CodeRequest.objects.filter(purpose="challenge").count() == 5


def test_a_notice_is_listed_and_contested_by_its_person_alone(
    challenge, anonymous, ama, stranger
):
    answer = anonymous.post(at(challenge, "notice"), headers=FROM_DEVICE)
    assert answer.status_code == 201
    notice = answer.json()
    assert set(notice) == {"id", "status", "opens_at", "closes_at", "created_at"}
    assert [row["id"] for row in ama.get(NOTICES).json()["data"]] == [notice["id"]]
    assert stranger.get(NOTICES).json()["data"] == []
    path = f"{NOTICES}/{notice['id']}/contest"
    assert stranger.post(path).status_code == 404
    assert anonymous.post(path).status_code == 401
    assert SignInNotice.objects.get().status == "waiting"
    assert ama.post(path).json()["status"] == "contested"
    answer = anonymous.post(at(challenge, "notice"), headers=FROM_DEVICE)
    assert answer.status_code == 410


def test_after_a_contest_the_next_notice_says_until_when(challenge, anonymous, ama):
    notice = anonymous.post(at(challenge, "notice"), headers=FROM_DEVICE).json()
    ama.post(f"{NOTICES}/{notice['id']}/contest")
    again = verify(anonymous).json()
    answer = anonymous.post(at(again, "notice"), headers=FROM_DEVICE)
    assert (answer.status_code, answer.json()["code"]) == (409, "notice.contested")
    assert answer.json()["until"] > notice["created_at"]


def test_a_new_account_takes_the_number_and_nothing_else(challenge, anonymous, ama):
    answer = anonymous.post(at(challenge, "new-account"), headers=FROM_DEVICE)
    assert answer.status_code == 201
    body = answer.json()
    assert body["is_new"] is True
    assert body["user"]["id"] != str(ama.id)
    assert body["user"]["phone"] == "+2290197000001"
    assert body["user"]["full_name"] == ""
    assert Phone.objects.get(user=ama.user).release_reason == "taken_over"
    assert ama.get("/api/v1/me").json()["phone"] is None
    again = anonymous.post(at(challenge, "new-account"), headers=FROM_DEVICE)
    assert again.status_code == 410
    assert User.objects.filter(is_staff=False).count() == 2


def test_the_list_of_notices_costs_the_same_for_one_and_many(
    ama, django_assert_max_num_queries
):
    phone = Phone.objects.get(user=ama.user)
    now = clock.now()
    from datetime import timedelta

    for index in range(8):
        SignInNotice(
            person=ama.user,
            phone=phone,
            device_digest=f"{index:064d}",
            opens_at=now + timedelta(hours=72),
            closes_at=now + timedelta(days=10),
            created_at=now,
        ).save()
    with django_assert_max_num_queries(2):
        assert len(ama.get(NOTICES).json()["data"]) == 8
