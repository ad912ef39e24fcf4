"""Passkeys, with an authenticator made of Python at the other end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from accounts.services.staff.second_factors import code_at, period_of
from accounts.tests.admin.keys import SoftKey
from lokahome.core import clock
from lokahome.tests.people import PASSWORD, SEED

ENROL, SECOND = "/admin/enrolment/passkey/", "/admin/second-factor/passkey/"
MINE, PROOF = "/admin/access/passkey/", "/admin/access/proof/passkey/"
INDEX = "/admin/"


@pytest.fixture(autouse=True)
def site(settings):
    settings.PUBLIC_URL = "https://testserver"


@pytest.fixture
def colleague(db):
    return User.objects.create_staff(username="colleague", password=PASSWORD)


def half_way():
    browser = Client()
    browser.post("/admin/login/", {"username": "colleague", "password": PASSWORD})
    return browser


def asked(browser, path):
    return browser.post(path, "{}", content_type="application/json").json()


def answered(browser, path, credential):
    body = {"credential": credential, "name": "Téléphone"}
    return browser.post(f"{path}answer/", body, content_type="application/json")


@pytest.fixture
def key(colleague):
    """A key that the colleague enrolled at their first entry."""
    key, browser = SoftKey(), half_way()
    answer = answered(browser, ENROL, key.registered(asked(browser, ENROL)))
    assert answer.json() == {"next": "/admin/recovery-codes/"}
    assert browser.post("/admin/recovery-codes/")["Location"] == INDEX
    return key


def prove(client):
    """Show the application's code again, as « Mes accès » asks for it."""
    code = code_at(SEED, period_of(clock.now()))
    client.post("/admin/access/", {"code": code}, format="multipart")


def signed_in(key, **changes):
    """Return the answer to a signature, and the browser."""
    browser = half_way()
    credential = key.signed(asked(browser, SECOND))
    credential["response"] |= changes
    return answered(browser, SECOND, credential), browser


def test_a_key_is_enrolled_and_opens(key):
    answer, browser = signed_in(key)
    assert answer.json() == {"next": INDEX}
    assert browser.get(INDEX).status_code == 200


def test_the_key_is_bound_to_our_own_host(key):
    options = asked(half_way(), SECOND)["publicKey"]
    assert options["rpId"] == "testserver"
    assert len(options["allowCredentials"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://testserver.evil.example"},
        {"origin": "http://testserver"},
        {"rp_id": "evil.example"},
    ],
)
def test_another_sites_signature_opens_nothing(key, other):
    for name, value in other.items():
        setattr(key, name, value)
    answer, browser = signed_in(key)
    assert answer.status_code == 400
    assert browser.get(INDEX).status_code == 302


def test_a_strangers_key_opens_nothing(key):
    answer, browser = signed_in(SoftKey())
    assert answer.status_code == 400
    assert browser.get(INDEX).status_code == 302


def test_an_altered_signature_opens_nothing(key):
    answer, _browser = signed_in(key, signature="AAAA")
    assert answer.status_code == 400


def test_a_signature_is_good_for_its_own_challenge(key):
    first, second = half_way(), half_way()
    credential = key.signed(asked(first, SECOND))
    asked(second, SECOND)
    assert answered(second, SECOND, credential).status_code == 400
    assert answered(first, SECOND, credential).status_code == 200
    again = half_way()
    assert answered(again, SECOND, credential).status_code == 400


def test_a_copy_of_a_key_gives_itself_away(key):
    signed_in(key)
    key.count = 0  # the copy has counted less than the key
    answer, browser = signed_in(key)
    assert answer.status_code == 400
    assert browser.get(INDEX).status_code == 302


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"credential": 1}', "x" * 30_000])
def test_nonsense_is_refused_without_a_fault(key, body):
    browser = half_way()
    asked(browser, SECOND)
    answer = browser.post(f"{SECOND}answer/", body, content_type="application/json")
    assert answer.status_code == 400


def test_nobody_enrols_a_first_key_where_there_is_one(key):
    browser = half_way()
    for path in (ENROL, f"{ENROL}answer/"):
        answer = browser.post(path, "{}", content_type="application/json")
        assert answer.status_code == 400
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_one_more_key_is_added_after_a_factor_was_shown_again(moderator):
    prove(moderator)
    key = SoftKey()
    answer = answered(moderator, MINE, key.registered(asked(moderator, MINE)))
    assert answer.json() == {"next": "/admin/access/"}
    assert "Téléphone" in moderator.get("/admin/access/").content.decode()


def test_a_key_shows_itself_again_too(key):
    browser = half_way()
    answered(browser, SECOND, key.signed(asked(browser, SECOND)))
    assert browser.get("/admin/access/application/").status_code == 302
    answer = answered(browser, PROOF, key.signed(asked(browser, PROOF)))
    assert answer.json() == {"next": "/admin/access/"}
    assert browser.get("/admin/access/application/").status_code == 200


def test_later_nothing_of_ones_ways_in_is_changed(moderator):
    prove(moderator)
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        assert moderator.get("/admin/access/").status_code == 200
        assert moderator.post(MINE, {}, format="json").status_code == 403
        moderator.post("/admin/access/codes/")
        assert moderator.get("/admin/access/application/").status_code == 302
    assert {row.type for row in Authenticator.objects.all()} == {"totp"}


def test_the_last_way_in_stays(moderator):
    row = Authenticator.objects.get(user=moderator.user)
    prove(moderator)
    moderator.post(f"/admin/access/{row.pk}/removal/")
    assert Authenticator.objects.filter(pk=row.pk).exists()


def test_nobody_removes_a_colleagues_way_in(moderator, finance):
    row = Authenticator.objects.get(user=finance.user)
    prove(moderator)
    moderator.post(f"/admin/access/{row.pk}/removal/")
    assert Authenticator.objects.filter(pk=row.pk).exists()
