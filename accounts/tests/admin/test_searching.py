"""Searching people: found by who knows them, spelt out to nobody."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.admin.searching import people_found
from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return User.objects.create_person(full_name="Ahouéfa Marie Dossou-Yovo")


@pytest.mark.parametrize(
    "text",
    [
        "Ahouéfa Marie Dossou-Yovo",
        "ahouefa dossou",
        "dossou AHOUÉFA",
        "Marie Yovo",
        "  Ahouefa   Marie  ",
    ],
)
def test_two_whole_words_of_a_name_find_whose_it_is(person, text):
    assert list(people_found(text)) == [person]


@pytest.mark.parametrize(
    "text", ["Dossou", "Ahou", "ahou doss", "a d", "Ahouéfa D", ".", ". .", "%", "_ _"]
)
def test_a_part_of_a_name_finds_nobody(person, text):
    assert not people_found(text).exists()


def test_a_name_of_one_word_is_found_whole():
    yao = User.objects.create_person(full_name="Yao")
    assert list(people_found("yao")) == [yao]
    assert not people_found("ya").exists()


def test_an_id_a_number_and_the_handle_of_staff_find_one(ama, moderator):
    assert list(people_found(str(ama.id))) == [ama.user]
    assert list(people_found("97 00 00 01")) == [ama.user]
    assert list(people_found("moderator")) == [moderator.user]
    assert not people_found("moder").exists()


@pytest.mark.parametrize("name", ["user", "rolegrant", "session", "phone"])
def test_lists_of_people_are_searched_alike(moderator, kossi, ama, name):
    from lokahome.tests.people import make_staff

    support = make_staff("support", "support")
    address = reverse(f"admin:accounts_{name}_changelist")
    for text in ("kossi hounsou", str(kossi.id), "97 00 00 02"):
        page = support.get(address, {"q": text})
        found = page.content.decode()
        assert page.status_code == 200
        assert ("K. H." in found, "A. D." in found) == (True, False), text
    nothing = support.get(address, {"q": "Hounsou"}).content.decode()
    assert "K. H." not in nothing
