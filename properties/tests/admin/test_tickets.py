"""Maintenance tickets in the back-office."""

import pytest
from django.urls import reverse

from accounts.models import Case
from lokahome.core import clock
from properties.services.ticket_contests import contest_payer
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def contested(kossi, ama):
    """A ticket whose payer the tenant contests."""
    row = make.decided_ticket(make.active_lease(kossi.user, ama.user), "tenant")
    return contest_payer(
        ticket_id=row.pk, tenant=ama.user, reason="C’est le mur", now=clock.now()
    )


def settle(client, row, **data):
    url = reverse("admin:properties_ticket_decide", args=[row.pk, "settle-payer"])
    body = {"version": row.version, "payer": "landlord", "reason": "Le mur", **data}
    return client.post(url, body, format="multipart", follow=True)


def page_of(client, row):
    url = reverse("admin:properties_ticket_change", args=[row.pk])
    return client.get(url).content.decode()


def test_the_page_tells_the_contest_and_offers_the_decision(contested, moderator):
    page = page_of(moderator, contested)
    for part in ("Fuite sous l’évier", "C’est le mur", "Dire qui paie", "Qui paie"):
        assert part in page, part


def test_staff_say_who_pays(contested, moderator):
    settle(moderator, contested)
    contested.refresh_from_db()
    assert contested.payer == "landlord"
    assert Case.objects.get().decision == "payer_landlord"
    assert "Dire qui paie" not in page_of(moderator, contested).split("Historique")[0]


@pytest.mark.parametrize("missing", ["reason", "payer"])
def test_a_decision_that_is_not_whole_changes_nothing(missing, contested, moderator):
    settle(moderator, contested, **{missing: ""})
    contested.refresh_from_db()
    assert contested.payer == "tenant"
    assert Case.objects.get().status == "open"


def test_who_may_not_decide_does_not(contested, finance, ama, anonymous):
    for client in (finance, ama, anonymous):
        settle(client, contested)
        contested.refresh_from_db()
        assert contested.payer == "tenant"
