"""Links and passwords that a code made: for two days they are worth that code, no more.

Whoever holds an unlocked phone for some minutes reads the codes that come to it.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from allauth.socialaccount.models import SocialAccount
from rest_framework.test import APIClient

from accounts.models import Device, Email, Session, SignInChallenge, User
from accounts.models.limits import SETTLES_AFTER
from accounts.queries.people import payout_cooling_until
from accounts.services.people.reclaiming import reclaim
from accounts.services.signing_in.codes import mint_code
from accounts.services.signing_in.external_identities import link_token
from accounts.services.signing_in.passwords import change_password, send_reset_code
from accounts.services.signing_in.proofs import (
    ProofNeeded,
    ProofWrong,
    prove_again,
    request_proof_code,
    require_recent_proof,
)
from accounts.tests.api.test_oidc import app, code_for, service, settle, signed_in
from accounts.tests.services.test_identity_checks import accepted, submitted
from accounts.tests.sign_ins import (
    DEVICE,
    OTHER_DEVICE,
    give_email,
    put_at_stake,
    used_device,
)
from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import PASSWORD

__all__ = ["app", "service"]

CHALLENGES = "/api/v1/auth/challenges"
VERIFICATIONS = "/api/v1/auth/otp-verifications"
LOGIN = "/api/v1/auth/login"
RESET = "/api/v1/auth/password/reset"
ME_EMAILS = "/api/v1/me/emails"
NEW = "a rather new password"
AGO = timedelta(days=20)


def client_on(device):
    client = APIClient()
    client.credentials(HTTP_LOKAHOME_DEVICE=str(device))
    return client


def key_of(app):
    return UUID(app._credentials["HTTP_LOKAHOME_DEVICE"])


def by_sms(session):
    """Return *session*, proved just now by a code to the SIM."""
    asked = request_proof_code(
        session=session, method="sms_code", client_ip="x", now=clock.now()
    )
    code = mint_code(request_id=asked.pk, now=clock.now())
    return prove_again(session=session, method="sms_code", value=code, now=clock.now())


def claims_an_address(app, session):
    """Return the answer to a claim of an address, which needs a recent proof."""
    return app.post(
        ME_EMAILS,
        {"address": "thief@example.com"},
        HTTP_AUTHORIZATION=f"Bearer {session['access']}",
        HTTP_IDEMPOTENCY_KEY=str(uuid4()),
    )


# --- Links ----------------------------------------------------------------------------


def linking(app, service, phone):
    """Sign in by a code that brings a link token; return the session."""
    token = signed_in(app, service).json()["link_token"]
    answer = app.post(VERIFICATIONS, {**code_for(app, phone), "link_token": token})
    assert answer.status_code == 200, answer.json()
    return answer.json()


@pytest.fixture
def phone_in_hand(ama, app):
    """The app on a device that Ama's account knows, which is older than its link."""
    User.objects.filter(pk=ama.id).update(created_at=clock.now() - AGO)
    used_device(ama.user, key_of(app), at=clock.now() - AGO)
    return app


@pytest.mark.parametrize("better", ["password", "email", "document"])
def test_a_code_links_nothing_for_who_has_a_better_proof(
    ama, phone_in_hand, service, identity_checker, better
):
    """The thief's own Google account was a full proof for ever after."""
    match better:
        case "password":
            ama.user.set_password(PASSWORD)
            ama.user.save()
        case "email":
            give_email(ama.user)
        case "document":
            accepted(submitted(ama.user), identity_checker.user)
    session = linking(phone_in_hand, service, ama.user.phone)
    assert session["link_refused"] == "auth.proof_needed"
    assert not SocialAccount.objects.exists()
    name = "accounts.external_identity_linked"
    assert not OutboxEvent.objects.filter(name=name).exists()
    assert signed_in(phone_in_hand, service).status_code == 202
    assert claims_an_address(phone_in_hand, session).status_code == 403
    assert not Email.objects.filter(address="thief@example.com").exists()


def test_who_has_nothing_else_links_by_a_code(ama, phone_in_hand, service):
    assert linking(phone_in_hand, service, ama.user.phone)["link_refused"] == ""
    assert SocialAccount.objects.get().user == ama.user


def test_a_young_link_says_no_more_than_the_code_it_came_by(
    ama, phone_in_hand, service
):
    linking(phone_in_hand, service, ama.user.phone)
    give_email(ama.user)
    session = signed_in(phone_in_hand, service).json()
    refused = claims_an_address(phone_in_hand, session)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.proof_needed")
    assert not Email.objects.filter(address="thief@example.com").exists()
    settle(ama.user)
    session = signed_in(phone_in_hand, service).json()
    assert claims_an_address(phone_in_hand, session).status_code == 201


def test_a_young_link_and_a_code_are_one_sim(ama, phone_in_hand, service):
    """Both came from the phone that lay there: together they open no device."""
    linking(phone_in_hand, service, ama.user.phone)
    elsewhere = client_on(uuid4())
    before = Session.objects.count()
    told = signed_in(elsewhere, service).json()
    assert (told["given"], told["methods"]) == ("external", [])
    path = f"{CHALLENGES}/{told['challenge_id']}"
    for step, body in (
        ("sms-codes", {}),
        ("proofs", {"method": "sms_code", "value": "123456"}),
    ):
        answer = elsewhere.post(f"{path}/{step}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "proof.unavailable")
    assert Session.objects.count() == before
    assert SignInChallenge.objects.get().tries == 0
    settle(ama.user)
    assert signed_in(elsewhere, service).json()["methods"] == ["sms_code"]


def test_a_lost_sim_takes_the_young_link_along(ama, phone_in_hand, service):
    linking(phone_in_hand, service, ama.user.phone)
    ama.user.phones.update(lost_at=clock.now())
    before = Session.objects.count()
    answer = signed_in(phone_in_hand, service)
    assert (answer.status_code, answer.json()["reason"]) == (202, "lost")
    assert Session.objects.count() == before
    settle(ama.user)
    assert signed_in(phone_in_hand, service).status_code == 200


def test_an_account_that_was_made_with_a_link_is_proved_by_it(db, app, service):
    assert linking(app, service, "+2290197000088")["is_new"] is True
    person = User.objects.get()
    assert SocialAccount.objects.get().user == person
    give_email(person)
    session = signed_in(app, service).json()
    assert claims_an_address(app, session).status_code == 201


def test_what_a_session_links_waits_as_well(ama, phone_in_hand, service):
    device = key_of(phone_in_hand)
    token = link_token(
        provider="google",
        subject="10769150350006150715113082367",
        device_key=device,
        now=clock.now(),
    )[0]
    answer = ama.post(
        "/api/v1/me/identities",
        {"link_token": token},
        HTTP_LOKAHOME_DEVICE=str(device),
    )
    assert answer.status_code == 201
    give_email(ama.user)
    session = signed_in(phone_in_hand, service).json()
    assert claims_an_address(phone_in_hand, session).status_code == 403
    assert not Email.objects.filter(address="thief@example.com").exists()


# --- First passwords ------------------------------------------------------------------


@pytest.fixture
def thief(ama):
    """A session of Ama's in which somebody set her account's first password."""
    session = by_sms(used_device(ama.user, OTHER_DEVICE, at=clock.now() - AGO))
    change_password(session=session, old_password="", new_password=NEW, now=clock.now())
    session.user.refresh_from_db()
    return session


def test_a_first_password_proves_nothing_for_two_days(ama, thief):
    give_email(ama.user)
    with pytest.raises(ProofWrong):
        prove_again(session=thief, method="password", value=NEW, now=clock.now())
    with pytest.raises(ProofNeeded):
        require_recent_proof(thief, clock.now())
    thief.refresh_from_db()
    assert thief.proved_by == "sms_code"
    User.objects.update(password_reset_at=clock.now() - SETTLES_AFTER)
    session = Session.objects.get(pk=thief.pk)
    proved = prove_again(session=session, method="password", value=NEW, now=clock.now())
    assert proved.proved_by == "password"


def test_changing_a_young_password_makes_it_no_older(thief):
    set_at = thief.user.password_reset_at
    assert set_at is not None
    change_password(
        session=thief, old_password=NEW, new_password=PASSWORD, now=clock.now()
    )
    thief.user.refresh_from_db()
    assert thief.user.password_reset_at == set_at


def test_changing_an_old_password_makes_it_no_younger(ama):
    ama.user.set_password(PASSWORD)
    ama.user.save()
    change_password(
        session=ama.session, old_password=PASSWORD, new_password=NEW, now=clock.now()
    )
    ama.user.refresh_from_db()
    assert ama.user.password_reset_at is None


def test_not_me_drops_a_first_password(ama, thief):
    """It stayed, and with it the thief."""
    owner = by_sms(used_device(ama.user, DEVICE))
    assert reclaim(session=owner, now=clock.now()).password is True
    ama.user.refresh_from_db()
    assert not ama.user.has_usable_password()
    body = {"username": ama.user.phone, "password": NEW}
    assert client_on(OTHER_DEVICE).post(LOGIN, body).status_code == 401


def test_payouts_wait_after_a_first_password(ama, thief):
    until = payout_cooling_until(ama.id, ama.user.phone)
    assert until == thief.user.password_reset_at + SETTLES_AFTER


# --- Signing in by a password that a code set -----------------------------------------


def reset_on(client, phone):
    """Set NEW by an SMS that was read on *client*'s device."""
    asked = client.post(RESET, {"phone": phone, "channel": "sms"}).json()
    request_id = UUID(asked["id"])
    send_reset_code(request_id=request_id, by_email=False, now=clock.now())
    body = {
        "request_id": asked["id"],
        "code": mint_code(request_id=request_id, now=clock.now()),
        "new_password": NEW,
    }
    answer = client.post(f"{RESET}/confirm", body)
    assert answer.status_code == 204, answer.json()


@pytest.fixture
def owner(ama):
    """Ama's own phone; something is at stake in her account."""
    put_at_stake(ama.user)
    ama.user.set_password(PASSWORD)
    ama.user.save()
    used_device(ama.user, DEVICE, at=clock.now() - AGO)
    return client_on(DEVICE)


def test_a_password_that_a_code_set_opens_no_unknown_device(ama, owner):
    """A code by SMS gets 202 there: so does what it set."""
    give_email(ama.user)
    body = {"username": ama.user.phone, "password": NEW}
    reset_on(owner, ama.user.phone)
    before = (Session.objects.count(), Device.objects.count())
    elsewhere = client_on(uuid4())
    answer = elsewhere.post(LOGIN, body)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["given"], told["reason"]) == ("password", "new_device")
    assert told["methods"] == []
    path = f"{CHALLENGES}/{told['challenge_id']}"
    for step, body_of_step in (
        ("sms-codes", {}),
        ("email-codes", {}),
        ("proofs", {"method": "password", "value": NEW}),
        ("proofs", {"method": "sms_code", "value": "123456"}),
        ("proofs", {"method": "email_code", "value": "123456"}),
    ):
        refused = elsewhere.post(f"{path}/{step}", body_of_step)
        assert (refused.status_code, refused.json()["code"]) == (
            409,
            "proof.unavailable",
        )
    for step in ("notice", "new-account"):
        refused = elsewhere.post(f"{path}/{step}")
        assert refused.json()["code"] == "challenge.no_number"
    assert SignInChallenge.objects.get().tries == 0
    assert (Session.objects.count(), Device.objects.count()) == before
    assert ama.user.phones.get().released_at is None


def test_the_device_of_the_reset_is_known_to_the_new_password(ama, owner):
    reset_on(owner, ama.user.phone)
    body = {"username": ama.user.phone, "password": NEW}
    assert owner.post(LOGIN, body).status_code == 200
    assert Session.objects.latest("id").method == Session.Method.PASSWORD


def test_of_a_reset_the_other_devices_are_known_no_more(ama, owner):
    used_device(ama.user, OTHER_DEVICE, at=clock.now() - AGO)
    reset_on(owner, ama.user.phone)
    body = {"username": ama.user.phone, "password": NEW}
    assert client_on(OTHER_DEVICE).post(LOGIN, body).status_code == 202


def test_a_password_of_two_days_opens_any_device(ama, owner):
    reset_on(owner, ama.user.phone)
    User.objects.update(password_reset_at=clock.now() - SETTLES_AFTER)
    body = {"username": ama.user.phone, "password": NEW}
    answer = client_on(uuid4()).post(LOGIN, body)
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == str(ama.id)


def test_a_lost_sim_takes_the_password_along_that_it_set(ama, owner):
    reset_on(owner, ama.user.phone)
    body = {"username": ama.user.phone, "password": NEW}
    ama.user.phones.update(lost_at=clock.now())
    before = Session.objects.count()
    answer = owner.post(LOGIN, body)
    assert (answer.status_code, answer.json()["reason"]) == (202, "lost")
    assert Session.objects.count() == before


def test_the_digits_of_a_document_answer_it(ama, owner, monkeypatch):
    from accounts.services.signing_in import proofs

    reset_on(owner, ama.user.phone)
    elsewhere = client_on(uuid4())
    body = {"username": ama.user.phone, "password": NEW}
    told = elsewhere.post(LOGIN, body).json()
    monkeypatch.setattr(proofs, "document_digits_match", lambda *_: True)
    answer = elsewhere.post(
        f"{CHALLENGES}/{told['challenge_id']}/proofs",
        {"method": "document_digits", "value": "1234"},
    )
    assert answer.status_code == 200, answer.json()
    opened = Session.objects.latest("id")
    assert (opened.method, opened.proved_by) == ("password", "document_digits")
    assert elsewhere.post(LOGIN, body).status_code == 200, "known from then on"
