"""Fraud in the back-office: one signals, another decides; signals beside the document."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Case, IdentityCheck, RoleGrant
from accounts.tests.admin.test_identities import CHECKS, decided, look, page_of
from accounts.tests.services.test_identity_checks import submitted
from lokahome.core.audit.models import AuditEvent
from lokahome.tests.people import make_staff


@pytest.fixture
def second(db):
    """Another member of staff who checks identities."""
    return make_staff("second", "identity_checker")


def buttons(client, check):
    page = page_of(client, check)
    return {
        label
        for label in ("Valider", "Signaler une fraude", "Confirmer la fraude")
        if f">{label}</button>" in page
    }


def fresh(check):
    check.refresh_from_db()
    return check


def test_a_fraud_is_signalled_by_one_and_confirmed_by_another(
    identity_checker, second, ama
):
    check = submitted(ama.user)
    assert buttons(identity_checker, check) == {"Valider", "Signaler une fraude"}
    url = reverse("admin:accounts_identitycheck_decide", args=[check.pk, "suspect"])
    body = {"version": 1, "reason": "Retouchée.", "reason_code": "altered"}
    identity_checker.post(url, body, format="multipart")
    assert fresh(check).status == "suspected"
    assert buttons(second, check) == {"Confirmer la fraude"}
    decided(identity_checker, check, "confirm-fraud")
    assert fresh(check).status == "suspected", "not by the one who signalled it"
    decided(second, check, "confirm-fraud")
    assert (fresh(check).status, check.decided_by) == ("fraud", second.user)
    assert Case.objects.get().decision == "fraud"
    assert "Fraude signalée" in page_of(second, check)


def test_the_case_leads_to_the_document_and_is_decided_there(
    identity_checker, second, ama
):
    check = submitted(ama.user)
    url = reverse("admin:accounts_identitycheck_decide", args=[check.pk, "suspect"])
    body = {"version": 1, "reason": "Retouchée.", "reason_code": "altered"}
    identity_checker.post(url, body, format="multipart")
    case = Case.objects.get()
    page = second.get(reverse("admin:accounts_case_change", args=[case.pk]))
    text = page.content.decode()
    assert f"{CHECKS}{check.pk}/change/" in text
    close = reverse("admin:accounts_case_decide", args=[case.pk, "close-identities"])
    second.post(close, {"version": case.version, "reason": "x"}, format="multipart")
    case.refresh_from_db()
    assert case.status == "open"


def test_a_reason_of_another_decision_is_not_taken(identity_checker, ama):
    check = submitted(ama.user)
    url = reverse("admin:accounts_identitycheck_decide", args=[check.pk, "refuse"])
    body = {"version": 1, "reason": "x", "reason_code": "not_theirs"}
    identity_checker.post(url, body, format="multipart")
    assert fresh(check).status == "submitted"


def test_the_number_is_one_click_on_record(identity_checker, ama):
    check = submitted(ama.user)
    page = page_of(identity_checker, check)
    assert "1234567890" not in page
    token = page.partition(f'href="{CHECKS}number/')[2].partition('"')[0]
    answer = identity_checker.get(f"{CHECKS}number/{token}")
    assert answer.content.decode() == "1234567890"
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(action="identity.number_viewed").count() == 1
    assert look(identity_checker, token).status_code == 404
    assert make_staff("other", "support").get(
        f"{CHECKS}number/{token}"
    ).status_code in (
        403,
        404,
    )


def test_both_sides_have_their_own_link(identity_checker, ama):
    check = submitted(ama.user, document_kind="national_card")
    page = page_of(identity_checker, check)
    assert page.count(f'href="{CHECKS}document/') == 2
    assert "Voir le verso" in page


def test_the_same_number_on_another_account_is_shown(identity_checker, ama, stranger):
    mine = submitted(ama.user)
    assert "Le même numéro" not in page_of(identity_checker, mine)
    submitted(stranger.user, document_kind="cem")
    page = page_of(identity_checker, mine)
    assert "Le même numéro sur d’autres comptes" in page
    assert "Yao" not in page, "initials: whose account it is, is one click away"


def test_the_page_of_a_hat_says_why_it_stands_there(identity_checker, kossi):
    grant = RoleGrant.objects.get(user=kossi.user, role="landlord")
    page = identity_checker.get(
        reverse("admin:accounts_rolegrant_change", args=[grant.pk])
    ).content.decode()
    assert "Ce que demande chaque niveau" in page
    assert page.count("prouvé") == 3
    assert page.count("manque") == 2
    assert identity_checker.post(
        reverse("admin:accounts_rolegrant_change", args=[grant.pk]), {"level": 3}
    ).status_code in (403, 405)
    grant.refresh_from_db()
    assert grant.level == 2


@pytest.mark.parametrize("who", ["moderator", "finance", "operator"])
def test_hats_are_seen_by_who_checks_and_leads(request, who):
    client = request.getfixturevalue(who)
    answer = client.get(reverse("admin:accounts_rolegrant_changelist"))
    assert answer.status_code == 403


def test_a_withdrawn_document_is_no_longer_in_the_queue(identity_checker, ama):
    check = submitted(ama.user)
    IdentityCheck.objects.filter(pk=check.pk).update(status="withdrawn")
    assert "Ama Dossou" not in identity_checker.get(CHECKS).content.decode()
