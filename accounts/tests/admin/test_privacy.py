"""Back-office pages of data requests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.admin import privacy as privacy_admin
from accounts.models import Consent, DataExport, ErasureRequest, User
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed
from lokahome.tests.people import make_staff

ERASURES = "/admin/accounts/erasurerequest/"


@pytest.fixture
def lead(db):
    """Return staff who may refuse."""
    return make_staff("lead", "lead")


@pytest.fixture
def support(db):
    """Return staff who may look."""
    return make_staff("support", "support")


def asked(person, *, days=0):
    """Return a request that was made *days* ago."""
    now = clock.now()
    request = ErasureRequest(
        user=person.user, obstacles=["lease.living"], checked_at=now
    )
    request.created_at = now - timedelta(days=days)
    request.save()
    return request


@pytest.mark.parametrize(
    "path", [ERASURES, "/admin/accounts/dataexport/", "/admin/accounts/consent/"]
)
def test_moderators_and_visitors_do_not_see_them(moderator, anonymous, path):
    assert moderator.get(path).status_code == 403
    assert anonymous.get(path).status_code == 302


@pytest.mark.parametrize(
    ("days", "word"),
    [(0, "dans les temps"), (31, "à traiter"), (46, "en retard")],
)
def test_the_clock_is_on_the_list(support, ama, days, word):
    asked(ama, days=days)
    page = support.get(ERASURES).content.decode()
    assert word in page
    assert f"{days} / 45" in page
    assert "Un bail est à signer, en cours, ou attend" in page
    assert "Ama Dossou" not in page, "initials only"


def test_the_page_shows_what_an_erasure_would_do_and_does_nothing(support, ama):
    request = asked(ama)
    before = list(User.objects.order_by("pk").values())
    page = support.get(f"{ERASURES}{request.pk}/change/").content.decode()
    assert "accounts.Phone" in page
    assert "supprimé" in page
    assert "+2290197000001" not in page
    assert list(User.objects.order_by("pk").values()) == before


def refused(client, request, reason="Nous n’avons pas pu vérifier.", version=None):
    url = reverse("admin:accounts_erasurerequest_decide", args=[request.pk, "refuse"])
    body = {"version": version or request.version, "reason": reason}
    return client.post(url, body, format="multipart")


def test_a_lead_refuses_with_a_reason(lead, ama):
    request = asked(ama)
    refused(lead, request, reason="")
    request.refresh_from_db()
    assert request.status == "requested"
    refused(lead, request)
    request.refresh_from_db()
    assert (request.status, request.decided_by_id) == ("refused", lead.id)
    assert AuditEvent.objects.filter(action="erasure.refused").exists()


def test_support_and_stale_pages_refuse_nothing(support, lead, ama):
    request = asked(ama)
    assert refused(support, request).status_code == 403
    refused(lead, request, version=request.version + 1)
    request.refresh_from_db()
    assert request.status == "requested"


def test_a_decision_that_the_service_refuses_leaves_no_line(lead, ama, monkeypatch):
    request = asked(ama)
    before = AuditEvent.objects.count()

    def not_allowed(**_: object) -> None:
        raise NotAllowed

    with monkeypatch.context() as patch:
        patch.setattr(privacy_admin, "refuse_erasure", not_allowed)
        refused(lead, request)
    request.refresh_from_db()
    assert request.status == "requested"
    assert AuditEvent.objects.count() == before, "nobody decided anything"
    refused(lead, request)
    deeds = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(deeds)[before:] == [
        "accounts.erasurerequest.refuse",
        "erasure.refused",
    ]


def test_copies_and_consents_are_listed(support, ama):
    DataExport(user=ama.user).save()
    Consent(
        user=ama.user,
        purpose="news",
        text_version="2026-11",
        is_granted=True,
        source="app",
    ).save()
    assert (
        "En préparation" in support.get("/admin/accounts/dataexport/").content.decode()
    )
    assert "2026-11" in support.get("/admin/accounts/consent/").content.decode()


def test_the_list_costs_the_same_however_long(
    support, ama, kossi, afi, django_assert_max_num_queries
):
    for person in (ama, kossi, afi):
        asked(person)
    with django_assert_max_num_queries(9):
        support.get(ERASURES)
