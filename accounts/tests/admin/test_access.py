"""One's own ways in, and a password that somebody else knows."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.staff.entering import MOST_REFUSALS
from accounts.services.staff.second_factors import code_at, period_of
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import PASSWORD, SEED

pytestmark = pytest.mark.django_db
ACCESS, OWN_PASSWORD = "/admin/access/", "/admin/password_change/"
NEW = "un autre mot de passe bien long"


def prove(client):
    code = code_at(SEED, period_of(clock.now()))
    return client.post(ACCESS, {"code": code}, format="multipart")


def change(client, old=PASSWORD, new=NEW, again=None):
    data = {
        "old_password": old,
        "new_password1": new,
        "new_password2": again if again is not None else new,
    }
    return client.post(OWN_PASSWORD, data, format="multipart")


def knows(person, password):
    return User.objects.get(pk=person.id).check_password(password)


def test_a_left_laptop_changes_nothing_without_the_factor(moderator):
    """Just after entering, too: entering was for work."""
    row = Authenticator.objects.get(user=moderator.user)
    assert moderator.post(f"{ACCESS}{row.pk}/removal/").status_code == 302
    moderator.post(f"{ACCESS}codes/")
    assert moderator.get(f"{ACCESS}application/").status_code == 302
    assert moderator.post(f"{ACCESS}passkey/", {}, format="json").status_code == 403
    assert change(moderator).status_code == 302
    assert knows(moderator, PASSWORD)
    assert {row.type for row in Authenticator.objects.all()} == {"totp"}


def test_a_factor_shown_again_opens_five_minutes(moderator):
    start = clock.now()
    with time_machine.travel(start, tick=False):
        moderator.post(ACCESS, {"code": "000000"}, format="multipart")
        assert moderator.get(f"{ACCESS}application/").status_code == 302
        prove(moderator)
        assert moderator.get(f"{ACCESS}application/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=6), tick=False):
        assert moderator.get(f"{ACCESS}application/").status_code == 302


def test_twelve_hours_come_however_often_the_application_is_changed(moderator):
    start = clock.now()
    inside = 0
    for quarter in range(1, 60):
        with time_machine.travel(start + timedelta(minutes=14 * quarter), tick=False):
            if moderator.get(ACCESS).status_code != 200:
                break
            prove(moderator)
            inside = quarter
    assert inside == 12 * 60 // 14


def test_ones_own_password_is_changed_behind_both_factors(moderator):
    elsewhere = Client()
    elsewhere.cookies = moderator.cookies.copy()
    prove(moderator)
    assert change(moderator, old="wrong").status_code == 200
    assert change(moderator, again="autre chose").status_code == 200
    assert change(moderator, new="1234").status_code == 200
    assert knows(moderator, PASSWORD)
    assert change(moderator).status_code == 302
    assert knows(moderator, NEW)
    assert moderator.get(ACCESS).status_code == 200, "this session goes on"
    assert AuditEvent.objects.filter(action="staff.password_changed").count() == 1
    assert OutboxEvent.objects.filter(name="accounts.password_changed").count() == 1
    assert NEW not in str(list(AuditEvent.objects.values()))


def enter(browser, code):
    browser.post(
        reverse("admin:login"), {"username": "moderator", "password": PASSWORD}
    )
    return browser.post("/admin/second-factor/", {"code": code})


def test_twenty_wrong_codes_end_the_password_and_a_lead_hears_of_it(moderator):
    start = clock.now()
    browser = Client()
    for number in range(MOST_REFUSALS):
        assert knows(moderator, PASSWORD)
        with time_machine.travel(start + timedelta(minutes=20 * number), tick=False):
            page = enter(browser, "000000")
    assert "ce mot de passe n’ouvre plus rien" in page.content.decode()
    assert not knows(moderator, PASSWORD)
    assert AuditEvent.objects.filter(action="staff.entry_stopped").count() == 1
    assert OutboxEvent.objects.filter(name="accounts.staff_entry_stopped").count() == 1
    with time_machine.travel(start + timedelta(hours=8), tick=False):
        right = code_at(SEED, period_of(clock.now()))
        late = Client()
        enter(late, right)
        assert late.get("/admin/").status_code == 302, "the right code comes too late"


def test_an_entry_between_them_begins_the_count_anew(moderator):
    start = clock.now()
    for number in range(MOST_REFUSALS + 5):
        with time_machine.travel(start + timedelta(minutes=20 * number), tick=False):
            browser = Client()
            code = code_at(SEED, period_of(clock.now())) if number == 10 else "000000"
            enter(browser, code)
    assert knows(moderator, PASSWORD)


def test_tries_that_came_too_fast_are_not_counted(moderator):
    browser = Client()
    with time_machine.travel(clock.now(), tick=False):
        for _ in range(MOST_REFUSALS + 10):
            enter(browser, "000000")
    assert knows(moderator, PASSWORD)
    assert AuditEvent.objects.filter(action="staff.entry_refused").count() <= 10
