"""Seeing who somebody is: said why, written down, and for a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.urls import reverse

from accounts.tests.sign_ins import give_email
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import make_staff

WORDS = ("Ama Dossou", "01 97 00 00 01", "ama@example.bj")


@pytest.fixture
def support(db):
    return make_staff("support", "support")


@pytest.fixture(autouse=True)
def address(ama):
    give_email(ama.user, "ama@example.bj")


def page(client, person):
    url = reverse("admin:accounts_user_change", args=[person.id])
    return client.get(url).content.decode()


def decided(client, person, decision="reveal", reason="Elle appelle au sujet du bail."):
    person.user.refresh_from_db()
    url = reverse("admin:accounts_user_decide", args=[person.id, decision])
    body = {"version": person.user.version, "reason": reason}
    return client.post(url, body, format="multipart")


def is_shown(client, person):
    text = page(client, person)
    seen = {word in text for word in WORDS}
    assert len(seen) == 1, "all of it or nothing"
    return seen.pop()


def test_a_reason_shows_all_to_who_gave_it_for_a_quarter_of_an_hour(
    support, finance, ama
):
    assert not is_shown(support, ama)
    assert "a•••@example.bj" in page(support, ama)
    decided(support, ama)
    assert is_shown(support, ama)
    assert not is_shown(make_staff("other", "support"), ama)
    assert not is_shown(finance, ama)
    with time_machine.travel(clock.now() + timedelta(minutes=15), tick=False):
        assert not is_shown(support, ama)


def test_each_revealing_is_on_the_page_of_the_person_it_is_about(support, ama):
    decided(support, ama)
    deed = AuditEvent.objects.get(
        subject=f"user:{ama.id}", action="accounts.user.reveal"
    )
    assert (deed.actor_id, deed.reason) == (
        support.id,
        "Elle appelle au sujet du bail.",
    )
    assert "Elle appelle au sujet du bail." in page(support, ama)


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_shows_nothing(support, ama, reason):
    decided(support, ama, reason=reason)
    assert not is_shown(support, ama)
    assert not AuditEvent.objects.filter(action="accounts.user.reveal").exists()


@pytest.mark.parametrize(
    "group", ["moderator", "finance_maker", "finance_checker", "auditor"]
)
def test_who_may_not_reveal_is_not_offered_it_and_is_refused(group, ama):
    client = make_staff("somebody", group)
    assert "/decide/reveal" not in page(client, ama)
    assert decided(client, ama).status_code == 403
    assert not is_shown(client, ama)


def test_the_deeds_of_a_person_are_on_their_page_for_who_reads_the_log(ama, support):
    decided(support, ama)
    auditor = make_staff("auditor", "auditor")
    deed = AuditEvent.objects.get(action="accounts.user.reveal")
    link = reverse("admin:core_auditevent_change", args=[deed.pk])
    assert link in page(auditor, support)
    assert link not in page(support, support)


# --- A colleague who lost their phone ------------------------------------------------


@pytest.fixture
def lead(db):
    return make_staff("lead", "lead")


def factors(person):
    return Authenticator.objects.filter(user=person.user).count()


def test_a_lead_forgets_a_colleagues_factors_and_it_is_told(lead, moderator):
    decided(lead, moderator, "forget-factors", "Téléphone volé, reconnu de vive voix.")
    assert factors(moderator) == 0
    deeds = AuditEvent.objects.filter(subject=f"user:{moderator.id}")
    assert deeds.filter(action="staff.factors_done", actor_id=lead.id).exists()
    assert OutboxEvent.objects.filter(subject=f"person:{moderator.id}").exists()


def test_nobody_forgets_their_own_factors(lead):
    decided(lead, lead, "forget-factors", "Téléphone perdu.")
    assert factors(lead) == 1


def test_only_a_lead_forgets_factors(support, moderator):
    answer = decided(support, moderator, "forget-factors", "Téléphone volé.")
    assert answer.status_code == 403
    assert factors(moderator) == 1


def test_who_is_not_of_the_staff_has_none_to_forget(lead, ama):
    assert "/decide/forget-factors" not in page(lead, ama)
