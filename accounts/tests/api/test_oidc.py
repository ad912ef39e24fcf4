"""Signing in with Google, against a service of the tests that says what it likes."""

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from allauth.socialaccount.models import SocialAccount
from rest_framework.test import APIClient

from accounts.models import OidcNonce, Phone, Session
from accounts.models.limits import SETTLES_AFTER
from accounts.services.signing_in.codes import mint_code
from accounts.services.signing_in.external_identities import (
    LinkTokenRefused,
    NonceRefused,
    forget_nonces,
    link_identity,
    link_token,
    new_nonce,
    read_link_token,
    use_nonce,
)
from accounts.tests import issuer as services
from accounts.tests.sanctioned import impose
from accounts.tests.sign_ins import used_device
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import long_silent, make_staff
from lokahome.tests.threads import race

NONCES = "/api/v1/auth/oidc/google/nonces"
SIGN_IN = "/api/v1/auth/oidc/google"
IDENTITIES = "/api/v1/me/identities"
DEVICE = {"HTTP_LOKAHOME_DEVICE": str(uuid4())}


@pytest.fixture
def service(settings):
    """Google, as the tests play it."""
    with services.running(settings) as running:
        yield running


@pytest.fixture
def app():
    """An app on its device."""
    client = APIClient()
    client.credentials(**DEVICE)
    return client


def nonce(app):
    answer = app.post(NONCES)
    assert answer.status_code == 201, answer.json()
    return answer.json()["nonce"]


def signed_in(app, service, **claims):
    return app.post(
        SIGN_IN, {"id_token": service.token(**{"nonce": nonce(app), **claims})}
    )


def code_for(app, phone):
    request = app.post("/api/v1/auth/otp-requests", {"phone": phone}).json()
    code = mint_code(request_id=UUID(request["id"]), now=clock.now())
    return {"request_id": request["id"], "code": code}


def linked(app, service, phone="+2290197000001"):
    """Link the service's account to the account of *phone*, and return the session.

    The app's device is known to it, so that signing in takes nothing over; the link is
    older than two days, so that it proves.
    """
    person = Phone.objects.current().get(number=phone).user
    used_device(person, UUID(DEVICE["HTTP_LOKAHOME_DEVICE"]))
    token = signed_in(app, service).json()["link_token"]
    answer = app.post(
        "/api/v1/auth/otp-verifications",
        {**code_for(app, phone), "link_token": token},
    )
    assert answer.status_code == 200, answer.json()
    settle(person)
    return answer.json()


def settle(person):
    """Let the linked accounts of *person* be of the day before yesterday."""
    before = clock.now() - SETTLES_AFTER
    SocialAccount.objects.filter(user=person).update(date_joined=before)


def test_it_is_off_until_there_are_keys(db, app):
    for path in (NONCES, SIGN_IN):
        answer = app.post(path, {"id_token": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, "oidc.off")


def test_an_unknown_account_is_asked_for_a_number_and_then_opens_it(ama, app, service):
    first = signed_in(app, service)
    assert first.status_code == 202
    assert set(first.json()) == {"link_token", "expires_at"}
    assert not SocialAccount.objects.exists()
    session = linked(app, service)
    assert session["user"]["id"] == str(ama.id)
    again = signed_in(app, service)
    assert again.status_code == 200
    assert again.json()["user"]["id"] == str(ama.id)
    assert Session.objects.latest("id").method == Session.Method.OIDC
    assert OutboxEvent.objects.filter(name="accounts.external_identity_linked").exists()


def test_what_is_kept_of_it_is_a_digest(ama, app, service):
    linked(app, service)
    account = SocialAccount.objects.get()
    assert "1076915035" not in account.uid
    assert len(account.uid) == 64
    assert account.extra_data == {}


def test_an_address_never_finds_an_account(ama, app, service):
    """Whoever holds an address at Google would open whatever account bears it here."""
    from accounts.models import Email

    now = clock.now()
    Email(
        user=ama.user,
        address="ama@example.org",
        code_hash="0" * 64,
        minted_at=now,
        expires_at=now,
        verified_at=now,
    ).save()
    answer = signed_in(app, service, email="ama@example.org", email_verified=True)
    assert answer.status_code == 202


HOSTILE = {
    "for_another_client": {"aud": "somebody.else"},
    "for_several_asked_by_another": {
        "aud": [services.CLIENT_ID, "other"],
        "azp": "other",
    },
    "for_several_asked_by_nobody": {"aud": [services.CLIENT_ID, "other"]},
    "asked_by_another": {"azp": "somebody.else"},
    "by_another_service": {"iss": "https://accounts.google.example"},
    "expired": {"exp": int(time.time()) - 120},
    "not_yet": {"nbf": int(time.time()) + 600},
    "from_the_future": {"iat": int(time.time()) + 600},
    "without_an_end": {"exp": None},
    "without_a_beginning": {"iat": None},
    "about_nobody": {"sub": None},
    "about_an_empty_name": {"sub": ""},
    "without_a_nonce": {"nonce": None},
    "with_a_nonce_of_its_own": {"nonce": "x" * 43},
    "signed_by_another_key": {"key": "stranger", "key_id": "first"},
    "signed_by_an_unknown_key": {"key": "stranger"},
    "signed_by_nobody": {"alg": "none", "secret": ""},
    "signed_with_our_secret": {
        "alg": "HS256",
        "secret": services.CLIENT_SECRET.ljust(32, "."),
    },
    "signed_with_another_method": {"alg": "PS256"},
}


@pytest.mark.parametrize("wrong", HOSTILE, ids=str)
def test_a_hostile_token_opens_nothing(ama, app, service, wrong):
    linked(app, service)
    before = Session.objects.count()
    answer = signed_in(app, service, **HOSTILE[wrong])
    assert answer.status_code == 401
    assert answer.json()["code"] in {"oidc.token_refused", "oidc.nonce_refused"}
    assert Session.objects.count() == before


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.e30", "é" * 20])
def test_what_is_no_token_is_refused(db, app, service, text):
    answer = app.post(SIGN_IN, {"id_token": text})
    assert answer.status_code in {401, 422}


def test_a_token_with_its_bytes_changed_is_refused(ama, app, service):
    head, _claims, signature = service.token(nonce=nonce(app)).split(".")
    other = service.token(nonce=nonce(app), sub="another").split(".")[1]
    answer = app.post(SIGN_IN, {"id_token": f"{head}.{other}.{signature}"})
    assert answer.json()["code"] == "oidc.token_refused"


def test_a_token_of_our_mobile_app_is_for_us(ama, app, service):
    assert signed_in(app, service, azp=services.APP_CLIENT_ID).status_code == 202


def test_a_token_is_used_once_and_on_its_device(ama, app, service):
    token = service.token(nonce=nonce(app))
    stranger = APIClient()
    stranger.credentials(HTTP_LOKAHOME_DEVICE=str(uuid4()))
    stolen = stranger.post(SIGN_IN, {"id_token": token})
    assert stolen.json()["code"] == "oidc.nonce_refused"
    assert app.post(SIGN_IN, {"id_token": token}).status_code == 202
    assert app.post(SIGN_IN, {"id_token": token}).json()["code"] == "oidc.nonce_refused"


def test_a_nonce_lasts_ten_minutes(db):
    now = clock.now()
    made = new_nonce(provider="google", device_key=None, now=now)
    late = now + timedelta(minutes=10)
    with pytest.raises(NonceRefused):
        use_nonce(provider="google", nonce=made.nonce, device_key=None, now=late)
    assert forget_nonces(now=late) == 1


def test_one_nonce_for_two_tokens_at_once(committed):
    now = clock.now()
    made = new_nonce(provider="google", device_key=None, now=now)

    def use(_index):
        use_nonce(provider="google", nonce=made.nonce, device_key=None, now=now)
        return "used"

    results = race(6, use)
    assert results.count("used") == 1
    assert OidcNonce.objects.get().used_at is not None


def test_a_new_key_of_the_service_is_asked_for_once(ama, app, service, monkeypatch):
    linked(app, service)
    service.keys["second"] = service.keys.pop("first")
    assert signed_in(app, service, key="second").status_code == 401
    now = clock.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert signed_in(app, service, key="second").status_code == 200
    for _ in range(3):
        signed_in(app, service, key="stranger")
    assert service.asked.count("GET /keys") == 2


def test_a_code_is_exchanged_with_its_verifier(ama, app, service):
    linked(app, service)
    body = {
        "code": service.issue_code(nonce=nonce(app)),
        "code_verifier": services.VERIFIER,
        "redirect_uri": services.REDIRECT_URI,
    }
    assert app.post(SIGN_IN, body).status_code == 200
    again = app.post(SIGN_IN, body)
    assert again.json()["code"] == "oidc.token_refused"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"redirect_uri": "https://evil.example/google"},
        {"code": "code-77"},
    ],
)
def test_a_code_of_somebody_else_is_refused(db, app, service, changes):
    body = {
        "code": service.issue_code(nonce=nonce(app)),
        "code_verifier": services.VERIFIER,
        "redirect_uri": services.REDIRECT_URI,
        **changes,
    }
    assert app.post(SIGN_IN, body).json()["code"] == "oidc.token_refused"
    assert "https://evil.example" not in "".join(service.asked)


@pytest.mark.parametrize(
    "body", [{}, {"code": "x"}, {"id_token": "x", "code": "y"}, {"redirect_uri": "x"}]
)
def test_a_token_or_a_code_and_not_both(db, app, service, body):
    assert app.post(SIGN_IN, body).status_code == 422


def test_a_service_under_another_name_is_not_asked(db, app, service):
    service.says_it_is = "https://accounts.google.com"
    answer = app.post(SIGN_IN, {"id_token": service.token(nonce="x")})
    assert answer.status_code == 503


def test_a_service_that_is_away_is_no_refusal(db, app, service, settings):
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    apps[0]["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = app.post(SIGN_IN, {"id_token": service.token(nonce="x")})
    assert (answer.status_code, answer.json()["is_retryable"]) == (503, True)


def test_a_suspended_person_is_told_why(ama, app, service, moderator):
    linked(app, service)
    impose(ama.user, moderator.user)
    answer = signed_in(app, service)
    assert (answer.status_code, answer.json()["code"]) == (403, "account.suspended")


def test_staff_have_their_own_door(app, service, db):
    staff = make_staff("lead", "lead").user
    token = signed_in(app, service).json()["link_token"]
    link_identity(
        user=staff,
        token=token,
        device_key=UUID(DEVICE["HTTP_LOKAHOME_DEVICE"]),
        now=clock.now(),
    )
    answer = signed_in(app, service)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.staff_door")


def test_a_link_token_is_of_its_device_and_ends(ama, db):
    now, device = clock.now(), uuid4()
    text, ends = link_token(provider="google", subject="1", device_key=device, now=now)
    read_link_token(text, device_key=device, now=now)
    for key, at in ((uuid4(), now), (None, now), (device, ends)):
        with pytest.raises(LinkTokenRefused):
            read_link_token(text, device_key=key, now=at)
    with pytest.raises(LinkTokenRefused):
        read_link_token(text[:-2], device_key=device, now=now)


def test_a_bad_link_token_costs_no_code(ama, app, service):
    answer = app.post(
        "/api/v1/auth/otp-verifications",
        {**code_for(app, "+2290197000001"), "link_token": "forged"},
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "oidc.link_refused")
    assert not SocialAccount.objects.exists()


def test_it_opens_one_account_and_the_account_has_one(ama, kossi, app, service):
    linked(app, service)
    device = UUID(DEVICE["HTTP_LOKAHOME_DEVICE"])
    now = clock.now()
    same = link_token(
        provider="google",
        subject="10769150350006150715113082367",
        device_key=device,
        now=now,
    )[0]
    other = link_token(provider="google", subject="2", device_key=device, now=now)[0]
    for person, token, code in (
        (kossi, same, "oidc.linked_elsewhere"),
        (ama, other, "oidc.one_per_provider"),
        (ama, same, None),
    ):
        answer = person.post(IDENTITIES, {"link_token": token}, **DEVICE)
        assert answer.json().get("code") == code
        assert answer.get("Location", "").endswith("/google") is (code is None)
    assert SocialAccount.objects.count() == 1


def test_one_account_linked_by_two_people_at_once_is_one_person_s(
    committed, ama, kossi
):
    now = clock.now()
    token = link_token(provider="google", subject="1", device_key=None, now=now)[0]
    people = [ama.user, kossi.user]
    race(
        2,
        lambda index: link_identity(
            user=people[index], token=token, device_key=None, now=now
        ),
    )
    assert SocialAccount.objects.count() == 1


def test_the_list_is_one_s_own(ama, kossi, anonymous, app, service):
    linked(app, service)
    assert [item["provider"] for item in ama.get(IDENTITIES).json()["data"]] == [
        "google"
    ]
    assert kossi.get(IDENTITIES).json()["data"] == []
    assert anonymous.get(IDENTITIES).status_code == 401


def test_the_list_costs_two_queries(ama, app, service, django_assert_max_num_queries):
    linked(app, service)
    with django_assert_max_num_queries(2):
        ama.get(IDENTITIES)


def test_taking_it_off_ends_what_it_opened(ama, kossi, anonymous, app, service):
    linked(app, service)
    opened = signed_in(app, service).json()["access"]
    path = f"{IDENTITIES}/google"
    assert kossi.delete(path).status_code == 404
    assert anonymous.delete(path).status_code == 401
    assert SocialAccount.objects.count() == 1
    assert ama.delete(path).status_code == 204
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {opened}"}
    assert anonymous.get("/api/v1/me", **bearer).status_code == 401
    assert ama.get("/api/v1/me").status_code == 200
    assert signed_in(app, service).status_code == 202
    deeds = AuditEvent.objects.filter(action__startswith="person.identity_")
    assert deeds.count() == 2


@pytest.mark.parametrize("method", ["post", "delete"])
def test_linking_and_taking_off_need_a_recent_proof(ama, app, service, method):
    linked(app, service)
    long_silent(ama.user)
    path = IDENTITIES if method == "post" else f"{IDENTITIES}/google"
    answer = getattr(ama, method)(path, {"link_token": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.proof_needed")
    assert SocialAccount.objects.count() == 1
