"""Pièces à vérifier: the queue, the blur, the document behind one click on record."""

import io
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from PIL import Image

from accounts.models import IdentityCheck, RoleGrant
from accounts.tests.services.test_identity_checks import looked_at, submitted
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person, make_staff

CHECKS = "/admin/accounts/identitycheck/"


def page_of(client, check):
    answer = client.get(f"{CHECKS}{check.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def link_on(page):
    assert f'href="{CHECKS}document/' in page
    return page.partition(f'href="{CHECKS}document/')[2].partition('"')[0]


def look(client, token):
    return client.get(f"{CHECKS}document/{token}")


def decided(client, check, decision, reason="La photo est floue.", version=None):
    """Decide as from the page; who accepts has opened each side first."""
    if decision in ("accept", "vouch"):
        with suppress(NotAllowed):
            looked_at(check, client.user)
    url = reverse("admin:accounts_identitycheck_decide", args=[check.pk, decision])
    body = {
        "version": version or check.version,
        "reason": reason,
        "reason_code": "other",
    }
    return client.post(url, body, format="multipart")


def looks():
    return AuditEvent.objects.filter(action="identity.document_viewed").count()


@pytest.mark.parametrize("who", ["anonymous", "ama"])
def test_only_staff_come_in(request, db, who):
    answer = request.getfixturevalue(who).get(CHECKS)
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


@pytest.mark.parametrize("who", ["finance", "checker", "operator", "moderator"])
def test_staff_of_other_rooms_see_no_document_and_decide_nothing(request, ama, who):
    check = submitted(ama.user)
    client = request.getfixturevalue(who)
    assert client.get(CHECKS).status_code == 403
    assert client.get(f"{CHECKS}{check.pk}/change/").status_code == 403
    for decision in ("accept", "unreadable", "refuse"):
        assert decided(client, check, decision).status_code == 403
    check.refresh_from_db()
    assert check.status == "submitted"


def test_support_sees_that_a_check_waits_but_neither_document_nor_buttons(ama):
    check = submitted(ama.user)
    support = make_staff("support", "support")
    page = page_of(support, check)
    assert "A. D." in page
    assert "Ama Dossou" not in page
    assert "document/" not in page
    assert "data:image" not in page
    assert "Valider" not in page
    assert decided(support, check, "accept").status_code == 403


def test_the_page_shows_a_blur_and_no_look_is_counted_until_the_click(
    identity_checker, ama
):
    check = submitted(ama.user)
    page = page_of(identity_checker, check)
    assert "data:image/png;base64," in page
    assert looks() == 0
    answer = look(identity_checker, link_on(page))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"] == "sandbox"
    assert Image.open(io.BytesIO(answer.content)).format == "JPEG"
    assert looks() == 1
    assert "Pièce consultée" in page_of(identity_checker, check)


def test_a_link_is_its_reviewers_alone(identity_checker, ama, anonymous):
    token = link_on(page_of(identity_checker, submitted(ama.user)))
    colleague = make_staff("colleague", "identity_checker")
    support = make_staff("support", "support")
    for client in (colleague, support):
        assert look(client, token).status_code == 404
    for client in (anonymous, ama):
        assert look(client, token).status_code == 302
    assert identity_checker.post(f"{CHECKS}document/{token}").status_code == 405
    assert looks() == 0


def test_a_link_ends_after_five_minutes_and_an_altered_one_is_nothing(
    identity_checker, ama
):
    check = submitted(ama.user)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        token = link_on(page_of(identity_checker, check))
        assert look(identity_checker, token + "x").status_code == 404
        traveller.shift(timedelta(minutes=5, seconds=1))
        assert look(identity_checker, token).status_code == 404
    assert looks() == 0


def test_a_reviewers_own_document_is_shown_to_somebody_else(identity_checker):
    check = submitted(identity_checker.user)
    page = page_of(identity_checker, check)
    assert "data:image" not in page
    decided(identity_checker, check, "accept")
    check.refresh_from_db()
    assert check.status == "submitted"


def test_accepting_raises_the_hats_and_goes_on_to_the_next(
    identity_checker, ama, stranger
):
    first = submitted(ama.user)
    second = submitted(stranger.user, number="5555555555")
    answer = decided(identity_checker, first, "accept")
    assert str(second.pk) in answer["Location"]
    first.refresh_from_db()
    assert first.status == "accepted"
    assert RoleGrant.objects.get(user=ama.user).level == 1
    assert decided(identity_checker, second, "refuse")["Location"] == CHECKS


@pytest.mark.parametrize(
    ("decision", "status"), [("unreadable", "unreadable"), ("refuse", "refused")]
)
def test_what_does_not_serve_is_answered_with_a_reason(
    identity_checker, ama, decision, status
):
    check = submitted(ama.user)
    decided(identity_checker, check, decision, reason=" ")
    check.refresh_from_db()
    assert check.status == "submitted"
    decided(identity_checker, check, decision)
    check.refresh_from_db()
    assert (check.status, check.reason) == (status, "La photo est floue.")
    again = submitted(ama.user)
    assert "La photo est floue." in page_of(identity_checker, again)


def test_a_decision_about_a_past_version_or_taken_twice_changes_nothing(
    identity_checker, ama
):
    check = submitted(ama.user)
    decided(identity_checker, check, "accept", version=check.version + 1)
    check.refresh_from_db()
    assert check.status == "submitted"
    decided(identity_checker, check, "refuse")
    decided(identity_checker, check, "accept")
    check.refresh_from_db()
    assert check.status == "refused"
    assert RoleGrant.objects.get(user=ama.user).level == 0


def packed(page):
    """Return *page* without blanks."""
    return "".join(page.split())


def test_the_list_is_the_queue_in_few_queries(
    identity_checker, django_assert_max_num_queries
):
    for number in range(24):
        person = make_person(
            name=f"P{number} Q", phone=f"+2290197500{number:03d}", roles=("tenant",)
        )
        IdentityCheck(
            person=person, purpose="identity", document_kind="cip", upload_id=uuid7()
        ).save()
    done = make_person(name="Zoé", phone="+2290197500999", roles=("tenant",))
    IdentityCheck(
        person=done,
        purpose="identity",
        document_kind="cip",
        upload_id=uuid7(),
        status="accepted",
        decided_by=identity_checker.user,
        decided_at=clock.now(),
    ).save()
    identity_checker.get(CHECKS)
    with django_assert_max_num_queries(14):
        page = identity_checker.get(CHECKS).content.decode()
    assert page.count("P. Q.") == 24
    assert ">Z.<" not in packed(page)
    for state in ("accepted", "all"):
        page = identity_checker.get(CHECKS, {"etat": state}).content.decode()
        assert ">Z.<" in packed(page)
        assert "Zoé" not in page


def pressed(client, check, decision, **body):
    """Press a button of the page and nothing before it."""
    check.refresh_from_db()
    url = reverse("admin:accounts_identitycheck_decide", args=[check.pk, decision])
    said = {"version": check.version, "reason": "Vu.", **body}
    client.post(url, said, format="multipart")
    check.refresh_from_db()
    return check


def test_the_queue_is_not_emptied_with_a_key(identity_checker, ama):
    """Valider takes a look at each side, and a reason; a shortcut alone does nothing."""
    check = submitted(ama.user)
    assert pressed(identity_checker, check, "accept").status == "submitted"
    look(identity_checker, link_on(page_of(identity_checker, check)))
    assert pressed(identity_checker, check, "accept", reason="").status == "submitted"
    assert pressed(identity_checker, check, "accept").status == "accepted"


def test_the_same_card_on_two_accounts_takes_two_reviewers(
    identity_checker, ama, stranger
):
    second = make_staff("second", "identity_checker")
    decided(second, submitted(stranger.user), "accept")
    check = submitted(ama.user)
    page = page_of(identity_checker, check)
    assert "/decide/vouch" in page
    assert "/decide/accept" not in page
    decided(identity_checker, check, "vouch", reason="Elle a perdu son ancien numéro.")
    decided(identity_checker, check, "accept")
    check.refresh_from_db()
    assert (check.status, check.vouched_by) == ("submitted", identity_checker.user)
    assert "Trouvée bonne par identity_checker" in page_of(second, check)
    decided(second, check, "accept", version=check.version)
    check.refresh_from_db()
    assert check.status == "accepted"


def test_an_acceptance_is_taken_back_from_its_page(identity_checker, kossi):
    second = make_staff("second", "identity_checker")
    check = IdentityCheck.objects.get(person=kossi.user, document_kind="ifu")
    pressed(identity_checker, check, "revoke", reason_code="altered")
    assert check.status == "accepted"
    assert "Mise en doute par identity_checker" in page_of(second, check)
    pressed(identity_checker, check, "confirm-revocation")
    assert check.status == "accepted"
    assert RoleGrant.objects.get(user=kossi.user, role="landlord").level == 2
    pressed(second, check, "confirm-revocation")
    assert check.status == "revoked"
    assert RoleGrant.objects.get(user=kossi.user, role="landlord").level == 1
