"""Passwords over HTTP."""

from uuid import UUID, uuid4

import pytest

from accounts.api.tokens import issue_tokens
from accounts.models import CodeRequest, Session, User
from accounts.services.signing_in.codes import mint_code
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    give_email,
    letter_code,
    used_device,
)
from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.tests.people import PASSWORD

CHANGE = "/api/v1/auth/password/change"
RESET = "/api/v1/auth/password/reset"
CONFIRM = "/api/v1/auth/password/reset/confirm"
LOGIN = "/api/v1/auth/login"
ME = "/api/v1/me"
NEW = "a rather new password"


@pytest.fixture
def ama_with(ama):
    """Ama, who set a password."""
    ama.user.set_password(PASSWORD)
    ama.user.save(update_fields={"password"})
    return ama


def test_a_new_password_ends_the_other_sessions_at_once(ama_with, anonymous):
    other = issue_tokens(ama_with.user).access
    body = {"old_password": PASSWORD, "new_password": NEW}
    answer = ama_with.post(CHANGE, body)
    assert (answer.status_code, answer.json()) == (200, {"ended": 1})
    assert ama_with.get(ME).status_code == 200
    headers = {"HTTP_AUTHORIZATION": f"Bearer {other}"}
    assert anonymous.get(ME, **headers).status_code == 401
    number = ama_with.user.phone
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        login = anonymous.post(LOGIN, {"username": number, "password": password})
        assert login.status_code == status


def test_a_wrong_one_points_at_itself_and_is_counted(ama_with):
    body = {"old_password": "wrong", "new_password": NEW}
    for _ in range(10):
        answer = ama_with.post(CHANGE, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "password.wrong")
    assert answer.json()["errors"][0]["pointer"] == "/old_password"
    assert ama_with.post(CHANGE, body | {"old_password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("weak", ["", "short", "password", "x" * 201, None, 5])
def test_a_weak_password_is_refused_where_it_stands(ama_with, weak):
    body = {"old_password": PASSWORD, "new_password": weak}
    answer = ama_with.post(CHANGE, body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/new_password"
    assert User.objects.get(pk=ama_with.id).check_password(PASSWORD)


def test_a_first_password_is_set_right_after_signing_in(ama):
    assert ama.post(CHANGE, {"new_password": NEW}).status_code == 200
    other = ama.session
    Session.objects.filter(pk=other.pk).update(
        started_at=other.started_at.replace(year=2020),
        proved_at=None,
        proved_by="",
    )
    User.objects.get(pk=ama.id)
    ama.user.set_unusable_password()
    ama.user.save(update_fields={"password"})
    answer = ama.post(CHANGE, {"new_password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.proof_needed")
    assert "sms_code" in answer.json()["methods"]


@pytest.mark.parametrize("who", ["anonymous", "moderator"])
def test_only_who_is_signed_in_changes_one(request, db, who):
    body = {"old_password": PASSWORD, "new_password": NEW}
    assert request.getfixturevalue(who).post(CHANGE, body).status_code == 401


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_known_and_unknown_numbers_get_the_same_answer(ama, anonymous, channel):
    answers = [
        anonymous.post(RESET, {"phone": phone, "channel": channel})
        for phone in (ama.user.phone, "+2290197000088")
    ]
    assert {answer.status_code for answer in answers} == {201}
    bodies = [answer.json() for answer in answers]
    assert {frozenset(body) for body in bodies} == {frozenset({"id", "expires_at"})}
    assert len({len(str(body)) for body in bodies}) == 1


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_guesses_after_the_letter_tell_nothing_either(ama, anonymous, channel):
    give_email(ama.user)
    told = []
    for phone in (ama.user.phone, "+2290197000088"):
        asked = anonymous.post(RESET, {"phone": phone, "channel": channel}).json()
        drain()
        body = {"request_id": asked["id"], "code": "000000", "new_password": NEW}
        answers = [anonymous.post(CONFIRM, body) for _ in range(6)]
        told.append([(one.status_code, one.json()["code"]) for one in answers])
    assert told[0] == told[1] == [(422, "code.wrong")] * 5 + [(410, "code.spent")]


def test_a_forgotten_password_is_set_anew_on_a_known_device(ama_with, anonymous):
    used_device(ama_with.user, DEVICE)
    mine = {"HTTP_LOKAHOME_DEVICE": str(DEVICE)}
    asked = anonymous.post(RESET, {"phone": "01 97 00 00 01"}, **mine).json()
    drain()
    request = CodeRequest.objects.get(pk=asked["id"])
    assert request.person_id == ama_with.id
    body = {
        "request_id": asked["id"],
        "code": mint_code(request_id=request.pk, now=clock.now()),
        "new_password": NEW,
    }
    weak = anonymous.post(CONFIRM, body | {"new_password": "password"}, **mine)
    assert weak.status_code == 422
    assert CodeRequest.objects.get(pk=request.pk).tries == 0, "a weak one costs no try"
    answer = anonymous.post(CONFIRM, body, **mine)
    assert (answer.status_code, answer.content) == (204, b"")
    assert ama_with.get(ME).status_code == 401
    login = anonymous.post(LOGIN, {"username": "97000001", "password": NEW}, **mine)
    assert login.status_code == 200


def test_a_mailbox_asks_for_the_sim_beside_it(ama_with, anonymous):
    """202: the second proof signs in and sets the password, on the device that asked."""
    give_email(ama_with.user)
    mine = {"HTTP_LOKAHOME_DEVICE": str(OTHER_DEVICE)}
    body = {"phone": "01 97 00 00 01", "channel": "email"}
    asked = anonymous.post(RESET, body, **mine).json()
    drain()
    body = {
        "request_id": asked["id"],
        "code": mint_code(request_id=UUID(asked["id"]), now=clock.now()),
        "new_password": NEW,
    }
    answer = anonymous.post(CONFIRM, body, **mine)
    assert answer.status_code == 202
    told = answer.json()
    assert "email_code" not in told["methods"]
    assert "access" not in told
    login = {"username": "97000001", "password": NEW}
    assert anonymous.post(LOGIN, login).status_code == 401
    door = f"/api/v1/auth/challenges/{told['challenge_id']}"
    sent = anonymous.post(f"{door}/sms-codes", **mine)
    assert sent.status_code == 201, sent.json()
    proof = {"method": "sms_code", "value": letter_code(UUID(told["challenge_id"]))}
    proved = anonymous.post(f"{door}/proofs", proof, **mine)
    assert proved.status_code == 200, proved.json()
    assert anonymous.post(LOGIN, login, **mine).status_code == 200
    assert ama_with.get(ME).status_code == 401


@pytest.mark.parametrize("door", [RESET, CONFIRM])
def test_the_open_doors_read_no_token(db, anonymous, door):
    answer = anonymous.post(door, {}, HTTP_AUTHORIZATION="Bearer nonsense")
    assert answer.status_code == 422


def test_a_request_of_nobody_is_spent(db, anonymous):
    body = {"request_id": str(uuid4()), "code": "123456", "new_password": NEW}
    answer = anonymous.post(CONFIRM, body)
    assert (answer.status_code, answer.json()["code"]) == (410, "code.spent")
