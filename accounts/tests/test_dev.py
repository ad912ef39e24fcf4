"""The development page of second factors."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from accounts.services.demo import PASSWORD, ensure_demo_people
from deploy.demo.backoffice import code_of

PAGE = "/dev/second-factor"


@pytest.fixture
def doors(db, settings):
    settings.DEBUG = settings.DEV_DOORS = True
    ensure_demo_people()


def test_the_code_that_it_shows_opens_once(doors):
    page = Client().get(PAGE).content.decode()
    code = page.partition("<td>moderator</td>")[2].partition("<strong>")[2][:6]
    browser = Client()
    browser.post("/admin/login/", {"username": "moderator", "password": PASSWORD})
    answer = browser.post("/admin/second-factor/", {"code": code})
    assert answer.status_code == 302
    again = Client().get(PAGE).content.decode()
    assert code not in again


def test_the_demonstration_makes_the_same_codes(doors):
    page = Client().get(PAGE).content.decode()
    now = int(time.time())
    assert any(code_of("finance", now - late) in page for late in (0, 30))


@pytest.mark.parametrize(
    ("debug", "dev_doors", "meta"),
    [
        (False, True, {}),
        (True, False, {}),
        (True, True, {"REMOTE_ADDR": "192.0.2.1"}),
        (True, True, {"HTTP_X_FORWARDED_FOR": "192.0.2.1"}),
    ],
)
def test_the_door_does_not_exist_elsewhere(doors, settings, debug, dev_doors, meta):
    settings.DEBUG, settings.DEV_DOORS = debug, dev_doors
    answer = Client().get(PAGE, **meta)
    assert answer.status_code == 404
    assert b"moderator" not in answer.content
