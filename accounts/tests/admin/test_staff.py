"""A lead changes the staff from the back-office; others neither do nor see it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from accounts.models import StaffChange, StaffLink, User
from accounts.queries.staff import humans_of
from lokahome.core.audit.models import AuditEvent
from lokahome.tests.people import PASSWORD, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make_staff("lead", "lead")


@pytest.fixture
def second():
    return make_staff("second", "lead")


def decide(client, row, name, reason="Dit de vive voix.", follow=True, **data):
    label = row._meta.label_lower.replace(".", "_")
    url = reverse(f"admin:{label}_decide", args=[row.pk, name])
    row.refresh_from_db()
    data = {"version": row.version, "reason": reason, **data}
    return client.post(url, data, format="multipart", follow=follow)


def test_a_password_is_shown_once_and_opens(lead, moderator):
    page = decide(lead, moderator.user, "new-password")
    text = page.content.decode()
    assert "no-store" in page["Cache-Control"]
    password = re.search(r"<code>([\w-]{20})</code>", text).group(1)
    person = User.objects.get(pk=moderator.id)
    assert person.check_password(password)
    assert password not in str(list(AuditEvent.objects.values()))
    assert moderator.get("/admin/").status_code == 302, "open sessions ended"
    person_page = reverse("admin:accounts_user_change", args=[person.pk])
    assert password not in lead.get(person_page).content.decode()


def test_a_second_lead_approves_and_is_the_one_who_sees_it(lead, second, finance):
    page = decide(lead, finance.user, "new-password")
    assert "Un second responsable doit approuver." in page.content.decode()
    assert User.objects.get(pk=finance.id).check_password(PASSWORD)
    row = StaffChange.objects.get()
    mine = lead.get(reverse("admin:accounts_staffchange_change", args=[row.pk]))
    assert "/decide/approve" not in mine.content.decode()
    decide(lead, row, "approve")
    assert User.objects.get(pk=finance.id).check_password(PASSWORD)
    shown = decide(second, row, "approve").content.decode()
    password = re.search(r"<code>([\w-]{20})</code>", shown).group(1)
    assert User.objects.get(pk=finance.id).check_password(password)


def test_groups_change_and_an_account_closes_from_its_page(lead, moderator):
    decide(lead, moderator.user, "change-groups", groups=["support"])
    assert moderator.user.groups.get().name == "support"
    decide(lead, moderator.user, "close-staff")
    assert not User.objects.get(pk=moderator.id).is_active


def test_an_account_is_declared_by_number_and_checked_by_another(
    lead, second, moderator, ama
):
    decide(lead, moderator.user, "declare-account", phone="", no_account="")
    decide(lead, moderator.user, "declare-account", phone="0197000001", no_account="on")
    assert not StaffLink.objects.exists()
    decide(lead, moderator.user, "declare-account", phone="01 97 00 00 01")
    link = StaffLink.objects.get()
    assert humans_of(ama.id) == {ama.id, moderator.id}
    decide(lead, link, "confirm")
    link.refresh_from_db()
    assert link.status == "declared"
    decide(second, link, "confirm")
    link.refresh_from_db()
    assert link.status == "confirmed"
    page = second.get(reverse("admin:accounts_stafflink_change", args=[link.pk]))
    assert "Ama Dossou" not in page.content.decode(), "by initials, as everywhere"


def test_what_two_confirmed_is_taken_back_from_its_page_by_two(
    lead, second, moderator, ama
):
    decide(lead, moderator.user, "declare-account", "", phone="01 97 00 00 01")
    assert not StaffLink.objects.exists(), "a reason is asked"
    decide(lead, moderator.user, "declare-account", phone="01 97 00 00 01")
    link = StaffLink.objects.get()
    decide(second, link, "confirm")
    page = decide(lead, link, "end")
    assert "Un second responsable doit approuver." in page.content.decode()
    decide(lead, link, "end")
    link.refresh_from_db()
    assert (link.status, link.end_asked_by) == ("confirmed", lead.user)
    decide(second, link, "end")
    link.refresh_from_db()
    assert (link.status, link.ended_by) == ("ended", second.user)


@pytest.mark.parametrize("group", ["support", "auditor", "moderator", "operator"])
def test_who_does_not_lead_sees_no_private_account(group, lead, moderator, ama):
    decide(lead, moderator.user, "declare-account", phone="01 97 00 00 01")
    other = make_staff("somebody", group)
    link = StaffLink.objects.get()
    for model, row in (("stafflink", link), ("staffchange", None)):
        name = f"admin:accounts_{model}"
        assert other.get(reverse(f"{name}_changelist")).status_code == 403
        if row is not None:
            page = reverse(f"{name}_change", args=[row.pk])
            assert other.get(page).status_code == 403
    was = moderator.user.password
    for deed in ("new-password", "close-staff", "forget-factors", "declare-account"):
        assert decide(other, moderator.user, deed, follow=False).status_code == 403
    person = User.objects.get(pk=moderator.id)
    assert (person.is_active, person.password) == (True, was)


def test_nobody_who_is_not_of_the_staff_is_offered_any_of_it(lead, ama):
    page = lead.get(reverse("admin:accounts_user_change", args=[ama.id]))
    text = page.content.decode()
    for deed in ("new-password", "close-staff", "reopen-staff", "declare-account"):
        assert f"/decide/{deed}" not in text
        decide(lead, ama.user, deed, phone="0197000001", groups=["support"])
    person = User.objects.get(pk=ama.id)
    assert (person.is_staff, person.is_active) == (False, True)
    assert not StaffChange.objects.exists()
