"""Agencies and their members in the back-office."""

import pytest
from django.urls import reverse

from accounts.models import Agency
from accounts.tests.agencies import (
    active_agency_of,
    agency_of,
    invited,
    joined,
    someone,
)
from lokahome.core.audit.models import AuditEvent
from lokahome.tests.people import make_staff

AGENCIES = "/admin/accounts/agency/"
MEMBERS = "/admin/accounts/membership/"


@pytest.fixture
def filer(db):
    """Staff who check files."""
    return make_staff("filer", "identity_checker")


def decide(client, agency, decision, **data):
    url = reverse("admin:accounts_agency_decide", args=[agency.pk, decision])
    body = {"version": agency.version, "reason": "Dossier vu", **data}
    return client.post(url, body, format="multipart")


def page_of(client, agency):
    return client.get(f"{AGENCIES}{agency.pk}/change/").content.decode()


def test_the_queue_shows_the_files_that_wait(filer, ama, kossi):
    agency_of(ama.user, "Immo Une")
    active_agency_of(kossi.user, "Agence Deux")
    shown = filer.get(AGENCIES).content.decode()
    assert "Immo Une" in shown
    assert "Agence Deux" not in shown
    active = filer.get(AGENCIES, {"etat": "active"}).content.decode()
    assert "Agence Deux" in active


def test_the_page_shows_members_by_initials_and_numbers_masked(filer, ama, kossi):
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "manager")
    invited(agency, ama.user, "+2290197550042")
    page = page_of(filer, agency)
    assert "responsable" in page
    assert "+229 •••• 42" in page
    for secret in ("+2290197550042", kossi.user.phone, "Kossi Hounsou"):
        assert secret not in page


def test_staff_validate_suspend_and_restore(filer, ama):
    agency = agency_of(ama.user)
    for decision, status in (
        ("activate", "active"),
        ("suspend", "suspended"),
        ("restore", "active"),
    ):
        assert decide(filer, agency, decision).status_code == 302
        agency.refresh_from_db()
        assert agency.status == status
    deeds = AuditEvent.objects.filter(subject=f"agency:{agency.pk}")
    assert deeds.filter(actor_id=filer.id).count() == 3


def test_finding_a_file_in_order_needs_a_reason(filer, ama):
    agency = agency_of(ama.user)
    decide(filer, agency, "activate", reason=" ")
    agency.refresh_from_db()
    assert (agency.status, agency.version) == ("draft", 1)


def test_a_suspension_needs_a_reason_and_the_version_that_was_seen(filer, ama):
    agency = active_agency_of(ama.user)
    decide(filer, agency, "suspend", reason=" ")
    decide(filer, agency, "suspend", version=agency.version + 1)
    agency.refresh_from_db()
    assert agency.status == "active"


@pytest.mark.parametrize("who", ["finance", "operator", "ama", "anonymous"])
def test_who_may_not_decide_does_not(request, ama, who):
    agency = agency_of(ama.user)
    decide(request.getfixturevalue(who), agency, "activate")
    agency.refresh_from_db()
    assert (agency.status, agency.version) == ("draft", 1)


def test_nothing_is_edited_here(filer, ama):
    agency = agency_of(ama.user)
    filer.post(f"{AGENCIES}{agency.pk}/change/", {"name": "X"}, format="multipart")
    filer.post(f"{AGENCIES}{agency.pk}/delete/", {"post": "yes"}, format="multipart")
    assert Agency.objects.get().name == "Immo Cadjèhoun"


def test_members_are_listed_by_initials(filer, ama, kossi):
    agency = active_agency_of(ama.user)
    member = joined(agency, ama.user, kossi.user)
    for path in (MEMBERS, f"{MEMBERS}{member.pk}/change/"):
        page = filer.get(path).content.decode()
        assert "Immo Cadjèhoun" in page
        assert "Kossi Hounsou" not in page


@pytest.mark.parametrize("path", [AGENCIES, MEMBERS])
def test_a_list_costs_a_constant_number_of_queries(
    filer, path, django_assert_max_num_queries
):
    for index in range(12):
        agency_of(someone(f"P{index}"))
    filer.get(path)
    with django_assert_max_num_queries(16):
        assert filer.get(path).status_code == 200
