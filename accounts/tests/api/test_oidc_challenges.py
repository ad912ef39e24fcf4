"""An outside account is one proof of two: who linked it may have held the SIM for a day."""

from uuid import UUID, uuid4

import pytest
from allauth.socialaccount.models import SocialAccount
from rest_framework.test import APIClient

from accounts.models import CodeRequest, Session, SignInChallenge
from accounts.services.signing_in.codes import mint_code
from accounts.tests.api.test_oidc import (
    app,
    code_for,
    linked,
    service,
    signed_in,
)
from lokahome.core import clock

CHALLENGES = "/api/v1/auth/challenges"
VERIFICATIONS = "/api/v1/auth/otp-verifications"
__all__ = ["app", "service"]


@pytest.fixture
def other_app():
    """The same app on a device that the account does not know."""
    client = APIClient()
    client.credentials(HTTP_LOKAHOME_DEVICE=str(uuid4()))
    return client


def sms_code(app, challenge):
    """Have the code sent to the account's number, and return it."""
    path = f"{CHALLENGES}/{challenge['challenge_id']}/sms-codes"
    answer = app.post(path)
    assert (answer.status_code, set(answer.json())) == (201, {"expires_at"})
    request = CodeRequest.objects.filter(bound_id=challenge["challenge_id"]).latest(
        "id"
    )
    return mint_code(request_id=request.pk, now=clock.now())


def test_it_opens_no_session_on_a_device_that_is_not_known(
    ama, app, service, other_app
):
    linked(app, service)
    before = Session.objects.count()
    answer = signed_in(other_app, service)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["given"], body["reason"]) == ("external", "new_device")
    assert body["methods"] == ["sms_code"]
    assert Session.objects.count() == before


def test_with_a_code_by_sms_it_does(ama, app, service, other_app):
    linked(app, service)
    challenge = signed_in(other_app, service).json()
    path = f"{CHALLENGES}/{challenge['challenge_id']}/proofs"
    code = sms_code(other_app, challenge)
    answer = other_app.post(path, {"method": "sms_code", "value": code})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["user"]["id"] == str(ama.id)
    assert Session.objects.latest("id").method == Session.Method.OIDC
    row = SignInChallenge.objects.get()
    assert (row.status, row.method, row.phone) == ("proved", "sms_code", None)
    assert signed_in(other_app, service).status_code == 200, "known from then on"


def test_a_service_that_was_linked_by_the_sims_first_holder_opens_nothing_later(
    ama, app, service
):
    """The kiosk linked its own account; then SIM, password and life were another's."""
    linked(app, service)
    ama.post("/api/v1/auth/logout-everywhere")
    answer = signed_in(app, service)
    assert answer.status_code == 202
    assert answer.json()["given"] == "external"
    challenge = answer.json()["challenge_id"]
    for step in ("notice", "new-account"):
        answer = app.post(f"{CHALLENGES}/{challenge}/{step}")
        assert (answer.status_code, answer.json()["code"]) == (
            409,
            "challenge.no_number",
        )
    assert ama.user.phones.get().released_at is None


def test_its_mailbox_is_the_same_thing_again(ama, app, service, other_app):
    from accounts.tests.sign_ins import give_email

    linked(app, service)
    give_email(ama.user)
    challenge = signed_in(other_app, service).json()
    assert "email_code" not in challenge["methods"]
    path = f"{CHALLENGES}/{challenge['challenge_id']}"
    for step, body in (
        ("email-codes", {}),
        ("proofs", {"method": "email_code", "value": "123456"}),
    ):
        answer = other_app.post(f"{path}/{step}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "proof.unavailable")
    assert SignInChallenge.objects.get().tries == 0


def test_a_sim_that_was_lost_gets_no_code(ama, app, service, other_app):
    linked(app, service)
    ama.user.phones.update(lost_at=clock.now())
    challenge = signed_in(other_app, service).json()
    assert challenge["methods"] == []
    path = f"{CHALLENGES}/{challenge['challenge_id']}/sms-codes"
    assert other_app.post(path).status_code == 409
    assert not CodeRequest.objects.filter(purpose="challenge").exists()


def test_a_link_that_is_refused_refuses_no_sign_in(ama, app, service):
    """The code is used up and a new number has its account: tokens come with it."""
    token = signed_in(app, service).json()["link_token"]
    linked(app, service)
    body = {**code_for(app, "+2290197000088"), "link_token": token}
    answer = app.post(VERIFICATIONS, body)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["is_new"] is True
    assert answer.json()["link_refused"] == "oidc.linked_elsewhere"
    assert SocialAccount.objects.get().user == ama.user


def test_a_link_that_stands_says_nothing(ama, app, service):
    assert linked(app, service)["link_refused"] == ""


def test_a_forged_link_uses_no_code_up(ama, app):
    body = code_for(app, ama.user.phone)
    answer = app.post(VERIFICATIONS, {**body, "link_token": "forged"})
    assert (answer.status_code, answer.json()["code"]) == (401, "oidc.link_refused")
    assert CodeRequest.objects.get(pk=UUID(body["request_id"])).used_at is None
    assert app.post(VERIFICATIONS, body).status_code == 200
