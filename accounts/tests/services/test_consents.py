"""Consents: given apart from each other, to a text, and taken back as easily."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import Consent, User
from accounts.models.consent_purposes import CONSENT_TEXTS, ConsentPurpose
from accounts.services.privacy.consents import (
    ConsentTextChanged,
    consents_of,
    give_word,
    has_consent,
)
from lokahome.core import clock
from lokahome.core.db.models import AppendOnlyError
from lokahome.tests.people import make_person
from lokahome.tests.threads import race

VERSION = CONSENT_TEXTS["news"].version


def said(person, is_granted=True, *, purpose="news", version=VERSION):
    return give_word(
        user=person,
        purpose=purpose,
        text_version=version,
        is_granted=is_granted,
        now=clock.now(),
    )


@pytest.fixture
def person(db):
    """Return somebody who agreed to nothing yet."""
    return make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))


def test_nobody_agrees_by_joining(person):
    assert not any(item["is_granted"] for item in consents_of(person.pk))


def test_one_purpose_says_nothing_of_another(person):
    said(person)
    assert has_consent(person.pk, "news")
    assert not has_consent(person.pk, "location")


def test_taking_back_leaves_the_proof(person):
    said(person)
    said(person, False)
    assert not has_consent(person.pk, "news")
    rows = Consent.objects.filter(user=person).order_by("id")
    assert list(rows.values_list("is_granted", flat=True)) == [True, False]
    with pytest.raises(AppendOnlyError):
        rows.delete()


def test_the_same_word_again_writes_nothing(person):
    assert said(person).pk == said(person).pk
    assert Consent.objects.count() == 1


def test_a_text_that_changed_is_not_agreed_to_and_can_be_left(person):
    with pytest.raises(ConsentTextChanged):
        said(person, version="2020-01")
    assert not Consent.objects.exists()
    said(person, False, version="2020-01")
    assert Consent.objects.count() == 1, "taking back is never refused"


def test_agreeing_to_an_older_text_is_not_agreeing(person):
    Consent(
        user=person,
        purpose="news",
        text_version="2020-01",
        is_granted=True,
        source="app",
    ).save()
    assert not has_consent(person.pk, "news")


def test_the_same_word_at_once_is_written_once(committed):
    person = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
    race(4, lambda _: said(person))
    assert Consent.objects.count() == 1


class LastWord(TestCase):
    """Whatever was said in whatever order, the last word of a purpose holds."""

    @settings(max_examples=15)
    @given(
        st.lists(
            st.tuples(st.sampled_from(ConsentPurpose.values), st.booleans()),
            max_size=8,
        )
    )
    def test_holds(self, words):
        person = User.objects.create_person()
        expected = dict.fromkeys(ConsentPurpose.values, False)
        for purpose, is_granted in words:
            version = CONSENT_TEXTS[purpose].version
            said(person, is_granted, purpose=purpose, version=version)
            expected[purpose] = is_granted
        found = {item["purpose"]: item["is_granted"] for item in consents_of(person.pk)}
        assert found == expected
