"""Signing in to the back-office: who comes in, and how often one may try."""

import pytest
from django.test import Client

from accounts.services.sign_in_limits import LOGINS_PER_PERSON
from lokahome.tests.people import PASSWORD

LOGIN = "/admin/login/"


@pytest.fixture
def desk(moderator):
    """A browser in which nobody is signed in; the moderator's account exists."""
    return Client()


def tried(desk, password, name="moderator"):
    return desk.post(LOGIN, {"username": name, "password": password, "next": "/admin/"})


def test_staff_come_in(desk):
    assert tried(desk, PASSWORD)["Location"] == "/admin/"


def test_after_ten_tries_even_the_right_password_waits(desk):
    for _ in range(LOGINS_PER_PERSON):
        assert tried(desk, "wrong").status_code == 200
    answer = tried(desk, PASSWORD)
    assert answer.status_code == 200
    assert "Trop de demandes" in answer.content.decode()
    assert "sessionid" not in desk.cookies


def test_both_doors_count_together(desk, anonymous):
    for _ in range(LOGINS_PER_PERSON):
        anonymous.post("/api/v1/auth/login", {"username": "moderator", "password": "x"})
    assert "Trop de demandes" in tried(desk, PASSWORD, "Moderator").content.decode()


def test_a_form_without_a_name_is_no_fault(desk):
    assert tried(desk, "x", name="").status_code == 200
