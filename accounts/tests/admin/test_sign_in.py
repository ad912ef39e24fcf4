"""Signing in to the back-office: two proofs, and how often one may try."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.admin.door.marks import ABSOLUTE, HALF_WAY, IDLE
from accounts.models import User
from accounts.services.signing_in.guessing import LOGINS_PER_NAME
from accounts.services.staff.second_factors import TRIES, code_at, period_of
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import PASSWORD, SEED

LOGIN, SECOND = "/admin/login/", "/admin/second-factor/"
ENROL, CODES, INDEX = "/admin/enrolment/", "/admin/recovery-codes/", "/admin/"
GLASS = "/admin/break-glass/"
REASON = "La file des paiements est bloquée, je la relance."


@pytest.fixture
def desk(moderator):
    """A browser in which nobody is signed in; the moderator's account exists."""
    return Client()


@pytest.fixture
def newcomer(db):
    """Somebody of the staff who has no second factor yet."""
    return User.objects.create_staff(username="newcomer", password=PASSWORD)


def tried(desk, password=PASSWORD, name="moderator", onward=INDEX):
    return desk.post(LOGIN, {"username": name, "password": password, "next": onward})


def code(seed=SEED, periods=0):
    return code_at(seed, period_of(clock.now()) + periods)


def entered(desk, **given):
    tried(desk, **given)
    return desk.post(SECOND, {"code": code()})


def is_inside(desk):
    return desk.get(INDEX).status_code == 200


def deeds(action):
    return AuditEvent.objects.filter(action=action).count()


def test_a_password_opens_the_second_door_and_nothing_else(desk):
    assert tried(desk)["Location"] == SECOND
    assert "_auth_user_id" not in desk.session
    assert not is_inside(desk)
    page = desk.get(SECOND).content.decode()
    assert "one-time-code" in page
    assert "Annonces à modérer" not in page


def test_a_code_after_it_lets_in_under_a_new_session_key(desk):
    tried(desk, onward="/admin/properties/listing/")
    before = desk.session.session_key
    answer = desk.post(SECOND, {"code": code()})
    assert answer["Location"] == "/admin/properties/listing/"
    assert desk.session.session_key != before
    assert is_inside(desk)
    assert deeds("staff.entered") == 1


def test_no_way_leads_on_to_another_site(desk):
    tried(desk, onward="https://elsewhere.example/")
    assert desk.post(SECOND, {"code": code()})["Location"] == INDEX


@pytest.mark.parametrize("given", ["000000", "", "abc", "１２３４５６", "1" * 21])
def test_a_wrong_code_lets_nobody_in(desk, given):
    tried(desk)
    assert desk.post(SECOND, {"code": given}).status_code == 200
    assert not is_inside(desk)


def test_a_code_opens_once(desk):
    assert entered(desk).status_code == 302
    other = Client()
    assert entered(other).status_code == 200
    assert not is_inside(other)
    assert deeds("staff.entry_refused") == 1


def test_a_clock_may_be_half_a_minute_off_and_no_more(desk):
    tried(desk)
    for periods in (-2, 2):
        assert desk.post(SECOND, {"code": code(periods=periods)}).status_code == 200
    assert desk.post(SECOND, {"code": code(periods=1)}).status_code == 302


def test_after_ten_codes_even_the_right_one_waits(desk):
    tried(desk)
    for _ in range(TRIES):
        desk.post(SECOND, {"code": "000000"})
    answer = desk.post(SECOND, {"code": code()})
    assert "Trop de demandes" in answer.content.decode()
    assert not is_inside(desk)


@pytest.mark.parametrize("change", ["password", "is_active", "is_staff"])
def test_who_changed_half_way_begins_again(desk, moderator, change):
    tried(desk)
    if change == "password":
        moderator.user.set_password("another one, later")
    else:
        setattr(moderator.user, change, False)
    moderator.user.save()
    assert desk.post(SECOND, {"code": code()})["Location"] == LOGIN


def test_half_way_lasts_ten_minutes(desk):
    tried(desk)
    with time_machine.travel(clock.now() + HALF_WAY + timedelta(seconds=1)):
        assert desk.post(SECOND, {"code": code()})["Location"] == LOGIN


def test_nobody_half_way_is_shown_no_step(db, client):
    for path in (SECOND, ENROL, CODES):
        assert client.get(path)["Location"] == LOGIN


# --- The first entry -----------------------------------------------------------------


def seed_on(page):
    return (
        page.partition('class="lh-seed"><code>')[2].partition("<")[0].replace(" ", "")
    )


def test_who_has_no_factor_enrols_one_before_anything(newcomer, client):
    assert tried(client, name="newcomer")["Location"] == ENROL
    assert client.get(SECOND)["Location"] == ENROL
    assert not is_inside(client)
    page = client.get(ENROL).content.decode()
    assert "<svg" in page
    seed = seed_on(page)
    assert client.post(ENROL, {"code": "000000"}).status_code == 200
    assert client.post(ENROL, {"code": code(seed)})["Location"] == CODES
    assert not is_inside(client), "the codes are shown first"
    assert client.get(CODES).content.decode().count("<li><code>") == 10
    assert client.post(CODES)["Location"] == INDEX
    assert is_inside(client)
    rows = Authenticator.objects.filter(user=newcomer)
    assert {row.type for row in rows} == {"totp", "recovery_codes"}
    assert all(seed not in str(row.data) for row in rows), "kept encrypted"


def test_the_codes_are_shown_once(newcomer, client):
    tried(client, name="newcomer")
    seed = seed_on(client.get(ENROL).content.decode())
    client.post(ENROL, {"code": code(seed)})
    client.post(CODES)
    assert client.get(CODES)["Location"] == LOGIN


def test_a_password_alone_replaces_no_factor(desk):
    tried(desk)
    assert desk.get(ENROL)["Location"] == SECOND
    assert desk.post(ENROL, {"code": code()})["Location"] == SECOND


def test_a_recovery_code_stands_in_for_a_lost_phone_once(newcomer, client):
    tried(client, name="newcomer")
    seed = seed_on(client.get(ENROL).content.decode())
    client.post(ENROL, {"code": code(seed)})
    page = client.get(CODES).content.decode()
    spare = page.partition("<li><code>")[2].partition("<")[0]
    for browser, status in ((Client(), 302), (Client(), 200)):
        tried(browser, name="newcomer")
        assert browser.post(SECOND, {"code": spare}).status_code == status


# --- How long a session lasts --------------------------------------------------------


def test_an_idle_hour_ends_a_session(moderator):
    now = clock.now()
    with time_machine.travel(now + IDLE - timedelta(minutes=2), tick=False):
        assert is_inside(moderator), "and this was a sign of life"
    with time_machine.travel(now + 2 * IDLE - timedelta(minutes=4), tick=False):
        assert is_inside(moderator)
    with time_machine.travel(now + 3 * IDLE, tick=False):
        assert moderator.get(INDEX)["Location"].startswith(LOGIN)
    assert not is_inside(moderator), "it is over for good"


def test_twelve_hours_end_one_that_never_rests(moderator):
    now = clock.now()
    at = now
    while at < now + ABSOLUTE - timedelta(minutes=50):
        at += timedelta(minutes=50)
        with time_machine.travel(at, tick=False):
            assert is_inside(moderator) == (at <= now + ABSOLUTE)
    with time_machine.travel(now + ABSOLUTE + timedelta(minutes=1), tick=False):
        assert not is_inside(moderator)


def test_a_session_ends_within_a_minute_of_its_factor(moderator):
    Authenticator.objects.filter(user=moderator.user).delete()
    with time_machine.travel(clock.now() + timedelta(minutes=1, seconds=1), tick=False):
        assert not is_inside(moderator)


def test_a_signed_in_session_without_the_second_proof_is_none(moderator):
    browser = Client()
    browser.force_login(moderator.user)
    assert not is_inside(browser)
    assert "_auth_user_id" not in browser.session


# --- Breaking the glass --------------------------------------------------------------


@pytest.fixture
def superuser(moderator):
    moderator.user.is_superuser = True
    moderator.user.save()
    return moderator


@pytest.mark.parametrize("reason", ["", "   ", "test", "urgence"])
def test_a_superuser_sees_nothing_before_a_reason(superuser, reason):
    assert superuser.get(INDEX)["Location"] == GLASS
    answer = superuser.post(GLASS, {"reason": reason}, format="multipart")
    assert answer.status_code == 200
    assert superuser.get("/admin/accounts/user/")["Location"] == GLASS
    assert deeds("staff.glass_broken") == 0


def test_a_reason_opens_one_hour_and_is_told(superuser):
    superuser.post(GLASS, {"reason": REASON}, format="multipart")
    assert is_inside(superuser)
    deed = AuditEvent.objects.get(action="staff.glass_broken")
    assert (deed.actor_id, deed.reason) == (superuser.id, REASON)
    told = OutboxEvent.objects.get(subject=f"person:{superuser.id}")
    assert told.payload["deed_id"] == str(deed.pk)
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        assert not is_inside(superuser)


def test_nobody_else_finds_that_door(moderator):
    assert moderator.get(GLASS)["Location"] == INDEX
    moderator.post(GLASS, {"reason": REASON}, format="multipart")
    assert deeds("staff.glass_broken") == 0


# --- Guessing ------------------------------------------------------------------------


def test_after_ten_tries_even_the_right_password_waits(desk):
    for _ in range(LOGINS_PER_NAME):
        assert tried(desk, "wrong").status_code == 200
    answer = tried(desk)
    assert answer.status_code == 200
    assert "Trop de demandes" in answer.content.decode()
    assert "sessionid" not in desk.cookies


def test_strangers_elsewhere_shut_no_colleague_out(desk, anonymous):
    """Ten tries a quarter from anywhere shut every handle that somebody knew."""
    for _ in range(LOGINS_PER_NAME):
        anonymous.post("/api/v1/auth/login", {"username": "moderator", "password": "x"})
        elsewhere = {"username": "moderator", "password": "x"}
        anonymous.post(LOGIN, elsewhere, format="multipart", REMOTE_ADDR="203.0.113.9")
    assert "Trop de demandes" not in tried(desk, name="moderator").content.decode()
    assert "sessionid" in desk.cookies


def test_a_form_without_a_name_is_no_fault(desk):
    assert tried(desk, "x", name="").status_code == 200
