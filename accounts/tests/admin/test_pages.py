"""Back-office pages of people and cases."""

import pytest
from django.urls import reverse

from accounts.models import Case, CodeRequest
from accounts.services.moderation.cases import open_case
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent

USERS = "/admin/accounts/user/"
CASES = "/admin/accounts/case/"


def opened(queue="payments", subject="charge:1"):
    return open_case(
        kind="amount_mismatch",
        queue=queue,
        subject=subject,
        title="Montant différent",
        evidence={"attendu": 35000, "trouvé": "<b>30000</b>"},
        now=clock.now(),
    )


def closed(client, case, *, queue="payments", version=None, reason="Vérifié"):
    url = reverse("admin:accounts_case_decide", args=[case.pk, f"close-{queue}"])
    body = {"version": version or case.version, "reason": reason}
    return client.post(url, body, format="multipart")


@pytest.mark.parametrize("path", [USERS, CASES])
@pytest.mark.parametrize("who", ["anonymous", "ama"])
def test_only_staff_come_in(db, request, who, path):
    client = request.getfixturevalue(who)
    answer = client.get(path)
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_staff_without_the_permission_see_no_people(db, operator):
    assert operator.get(USERS).status_code == 403


def test_names_and_numbers_are_masked_in_list_and_page(moderator, ama):
    for path in (USERS, f"{USERS}{ama.id}/change/"):
        page = moderator.get(path).content.decode()
        assert "A. D." in page
        assert "Ama Dossou" not in page
        assert ama.user.phone not in page
        assert "+229 •••• 01" in page
        assert "pbkdf2" not in page
        assert "argon2" not in page
        assert "md5$" not in page


def test_a_person_is_found_by_a_whole_number_and_not_by_a_part(moderator, ama, kossi):
    page = moderator.get(USERS, {"q": "01 97 00 00 01"}).content.decode()
    assert "A. D." in page
    assert "K. H." not in page
    page = moderator.get(USERS, {"q": "9700000"}).content.decode()
    assert "A. D." not in page


def test_what_is_hidden_cannot_be_guessed_by_filtering(moderator, ama):
    """Django's own rule lets ``?password__startswith=…`` through."""
    shown = moderator.get(USERS, {"username__exact": ama.user.username})
    assert shown.status_code == 200
    assert "A. D." in shown.content.decode()
    refused = moderator.get(USERS, {"password__startswith": ama.user.password[:1]})
    assert refused.status_code == 400


def test_nothing_of_a_person_is_edited_or_deleted_here(moderator, ama):
    page = f"{USERS}{ama.id}/change/"
    moderator.post(page, {"full_name": "X", "is_staff": "on"}, format="multipart")
    moderator.post(f"{USERS}{ama.id}/delete/", {"post": "yes"}, format="multipart")
    ama.user.refresh_from_db()
    assert (ama.user.full_name, ama.user.is_staff) == ("Ama Dossou", False)


def test_codes_have_no_page():
    from django.contrib import admin

    assert not admin.site.is_registered(CodeRequest)


def test_the_list_is_the_queue_of_open_cases_unless_asked_otherwise(finance):
    first, second = opened(), opened(subject="charge:2")
    closed(finance, first)
    assert "charge:1" not in finance.get(CASES).content.decode()
    assert "charge:2" in finance.get(CASES).content.decode()
    assert "charge:1" in finance.get(CASES, {"etat": "decided"}).content.decode()
    both = finance.get(CASES, {"etat": "all"}).content.decode()
    assert "charge:1" in both
    assert str(second.subject) in both


def test_the_evidence_is_shown_and_escaped(finance):
    page = finance.get(f"{CASES}{opened().pk}/change/").content.decode()
    assert "35000" in page
    assert "&lt;b&gt;30000" in page


def test_closing_a_case_needs_a_reason_and_leaves_an_audit_row(finance):
    case = opened()
    closed(finance, case, reason=" ")
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN
    answer = closed(finance, case, reason="Relevé reçu")
    assert answer.status_code == 302
    case.refresh_from_db()
    assert (case.status, case.reason) == ("decided", "Relevé reçu")
    assert case.decided_by == finance.user
    row = AuditEvent.objects.get(subject=f"case:{case.pk}")
    assert (row.actor_id, row.reason) == (finance.user.pk, "Relevé reçu")


def test_a_decision_about_a_past_version_changes_nothing(finance):
    case = opened()
    closed(finance, case, version=case.version + 5)
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN


def test_another_queues_staff_may_not_close(moderator):
    case = opened()
    assert closed(moderator, case).status_code == 403
    # Nor by the name of a decision that is theirs.
    closed(moderator, case, queue="listings")
    case.refresh_from_db()
    assert case.status == Case.Status.OPEN


def test_a_decision_is_no_get(finance):
    case = opened()
    url = reverse("admin:accounts_case_decide", args=[case.pk, "close-payments"])
    assert finance.get(url).status_code == 405


def test_after_a_decision_comes_the_next_case(finance):
    first, second = opened(), opened(subject="charge:2")
    assert str(second.pk) in closed(finance, first)["Location"]


@pytest.mark.parametrize("path", [USERS, CASES])
def test_a_list_costs_a_constant_number_of_queries(
    moderator, finance, path, django_assert_max_num_queries
):
    from lokahome.tests.people import make_person

    for index in range(20):
        make_person(
            name=f"P{index}", phone=f"+22901970003{index:02d}", roles=("tenant",)
        )
        opened(subject=f"charge:{index}")
    finance.get(path)
    with django_assert_max_num_queries(16):
        assert finance.get(path).status_code == 200
