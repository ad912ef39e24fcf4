"""Sanctions and appeals in the back-office: who sees which button, what it does."""

import pytest
from django.urls import reverse

from accounts.models import Appeal, Case, Report, Sanction, User
from accounts.services.moderation import parties
from accounts.services.moderation.cases import open_case
from accounts.services.moderation.parties import Parties
from accounts.tests.sanctioned import appeal, ban, impose
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_staff

SANCTIONS = "/admin/accounts/sanction/"
APPEALS = "/admin/accounts/appeal/"
CASES = "/admin/accounts/case/"


@pytest.fixture
def lead(db):
    """Staff who approve, lift and answer appeals."""
    return make_staff("lead", "lead")


@pytest.fixture
def other_lead(db):
    """A second one."""
    return make_staff("other_lead", "lead")


@pytest.fixture
def note_of_ama(monkeypatch, ama):
    """A case about something that Ama wrote."""
    mine = Parties(authors=frozenset({ama.id}))
    monkeypatch.setitem(parties.PARTIES, "note", lambda _pk: mine)
    return open_case(
        kind="note_report",
        queue="reports",
        subject=f"note:{uuid7()}",
        title="Note signalée",
        evidence={},
        now=clock.now(),
    )


def page_of(client, path, pk):
    answer = client.get(f"{path}{pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def decided(client, row, decision, reason="Vu", **choices):
    name = row._meta.model_name
    url = reverse(f"admin:accounts_{name}_decide", args=[row.pk, decision])
    row.refresh_from_db()
    body = {"version": row.version, "reason": reason, **choices}
    return client.post(url, body, format="multipart")


def buttons(page, path, row):
    """Return the names of the decisions that *page* offers."""
    start = f'action="{path}{row.pk}/decide/'
    return {part.split('"')[0] for part in page.split(start)[1:]}


SUSPENSION = {
    "kind": "suspend",
    "grounds": "scam",
    "days": 7,
    "notice": "Vous avez demandé un paiement d’avance.",
}


def test_an_author_is_sanctioned_from_the_case_which_stays_open(
    moderator, ama, note_of_ama
):
    page = page_of(moderator, CASES, note_of_ama.pk)
    assert "sanction" in buttons(page, CASES, note_of_ama)
    assert "votre compte est suspendu" in page
    answer = decided(moderator, note_of_ama, "sanction", "Trois plaintes", **SUSPENSION)
    assert answer.url == f"{CASES}{note_of_ama.pk}/change/"
    sanction = Sanction.objects.get()
    assert (sanction.person, sanction.case) == (ama.user, note_of_ama)
    assert (sanction.words, sanction.status) == ("Trois plaintes", "active")
    assert not User.objects.get(pk=ama.id).is_active
    note_of_ama.refresh_from_db()
    assert note_of_ama.status == Case.Status.OPEN
    assert "Suspension" in page_of(moderator, CASES, note_of_ama.pk)


@pytest.mark.parametrize(
    "changes", [{"notice": ""}, {"kind": "jail"}, {"days": 0}, {"days": "x"}]
)
def test_an_incomplete_sanction_changes_nothing(moderator, ama, note_of_ama, changes):
    decided(moderator, note_of_ama, "sanction", **{**SUSPENSION, **changes})
    assert not Sanction.objects.exists()
    assert User.objects.get(pk=ama.id).is_active


def test_whoever_has_a_part_is_offered_nothing(moderator, note_of_ama, monkeypatch):
    mine = Parties(others=frozenset({moderator.id}))
    monkeypatch.setitem(parties.PARTIES, "note", lambda _pk: mine)
    page = page_of(moderator, CASES, note_of_ama.pk)
    assert buttons(page, CASES, note_of_ama) == set()
    assert "Vous avez une part dans ce dossier" in page
    decided(moderator, note_of_ama, "hide")
    note_of_ama.refresh_from_db()
    assert note_of_ama.status == Case.Status.OPEN


def test_a_taken_case_is_left_to_its_taker(moderator, lead, note_of_ama):
    colleague = make_staff("colleague", "moderator")
    decided(moderator, note_of_ama, "claim-reports")
    note_of_ama.refresh_from_db()
    assert note_of_ama.claimed_by == moderator.user
    page = page_of(colleague, CASES, note_of_ama.pk)
    assert "Pris en charge par moderator" in page
    assert buttons(page, CASES, note_of_ama) == set()
    decided(colleague, note_of_ama, "hide")
    note_of_ama.refresh_from_db()
    assert note_of_ama.status == Case.Status.OPEN
    decided(lead, note_of_ama, "assign", to=str(colleague.id))
    note_of_ama.refresh_from_db()
    assert note_of_ama.claimed_by == colleague.user
    decided(colleague, note_of_ama, "hide", "Insultes")
    note_of_ama.refresh_from_db()
    assert note_of_ama.status == Case.Status.DECIDED


def test_a_case_is_not_given_to_whoever_may_not_decide_it(lead, finance, note_of_ama):
    decided(lead, note_of_ama, "assign", to=str(finance.id))
    note_of_ama.refresh_from_db()
    assert note_of_ama.claimed_by is None


def test_lists_are_narrowed_to_mine_and_to_nobodys(moderator, note_of_ama):
    decided(moderator, note_of_ama, "claim-reports")
    mine = moderator.get(f"{CASES}?charge=moi").content.decode()
    free = moderator.get(f"{CASES}?charge=libre").content.decode()
    assert str(note_of_ama.pk) in mine
    assert str(note_of_ama.pk) not in free


def test_a_ban_waits_for_another_person(moderator, lead, ama):
    sanction = impose(ama.user, moderator.user, kind="ban", days=None)
    assert str(sanction.pk) in lead.get(SANCTIONS).content.decode()
    mine = page_of(moderator, SANCTIONS, sanction.pk)
    assert buttons(mine, SANCTIONS, sanction) == {"withdraw"}
    theirs = page_of(lead, SANCTIONS, sanction.pk)
    assert buttons(theirs, SANCTIONS, sanction) == {"approve", "refuse"}
    assert "votre compte est fermé" in theirs
    assert sanction.notice in theirs.replace("&#x27;", "'")
    decided(moderator, sanction, "approve")
    assert User.objects.get(pk=ama.id).is_active
    decided(lead, sanction, "approve")
    assert not User.objects.get(pk=ama.id).is_active


def test_a_lead_does_not_approve_what_they_proposed(lead, other_lead, ama):
    sanction = impose(ama.user, lead.user, kind="ban", days=None)
    assert "approve" not in buttons(
        page_of(lead, SANCTIONS, sanction.pk), SANCTIONS, sanction
    )
    decided(lead, sanction, "approve")
    sanction.refresh_from_db()
    assert sanction.status == Sanction.Status.PROPOSED
    assert not AuditEvent.objects.filter(action="accounts.sanction.approve").exists()
    decided(other_lead, sanction, "approve")
    sanction.refresh_from_db()
    assert sanction.status == Sanction.Status.ACTIVE


def test_lifting_needs_its_permission_and_a_reason(moderator, lead, ama):
    sanction = impose(ama.user, moderator.user)
    assert decided(moderator, sanction, "lift").status_code == 403
    decided(lead, sanction, "lift", reason="")
    assert not User.objects.get(pk=ama.id).is_active
    decided(lead, sanction, "lift", reason="Erreur de personne")
    assert User.objects.get(pk=ama.id).is_active


def test_an_order_made_by_hand_is_no_way_around_the_page(moderator, lead, ama):
    """Whoever reported the matter is shown no button, and a POST presses none."""
    sanction = impose(ama.user, moderator.user)
    Report(
        reporter=lead.user,
        subject=sanction.case.subject,
        reason="scam",
        case=sanction.case,
    ).save()
    page = page_of(lead, SANCTIONS, sanction.pk)
    assert buttons(page, SANCTIONS, sanction) == set()
    decided(lead, sanction, "lift", reason="C’est mon ami")
    sanction.refresh_from_db()
    assert sanction.status == Sanction.Status.ACTIVE
    assert not User.objects.get(pk=ama.id).is_active
    assert not AuditEvent.objects.filter(action="accounts.sanction.lift").exists()


def test_what_two_decided_is_lifted_by_two(moderator, lead, other_lead, ama):
    sanction = ban(ama.user, moderator.user, lead.user)
    page = page_of(lead, SANCTIONS, sanction.pk)
    assert buttons(page, SANCTIONS, sanction) == {"ask-lift"}
    decided(lead, sanction, "lift", reason="Erreur")
    assert not User.objects.get(pk=ama.id).is_active
    decided(lead, sanction, "ask-lift", reason="Erreur de personne")
    mine = page_of(lead, SANCTIONS, sanction.pk)
    assert buttons(mine, SANCTIONS, sanction) == {"keep"}
    theirs = page_of(other_lead, SANCTIONS, sanction.pk)
    assert buttons(theirs, SANCTIONS, sanction) == {"lift", "keep"}
    assert "Levée demandée par lead" in theirs
    decided(other_lead, sanction, "lift", reason="D’accord")
    assert User.objects.get(pk=ama.id).is_active


def test_an_appeal_is_answered_by_somebody_else(moderator, lead, other_lead, ama):
    row = appeal(ama.user, ban(ama.user, moderator.user, lead.user))
    page = page_of(lead, APPEALS, row.pk)
    assert buttons(page, APPEALS, row) == set()
    assert "une autre personne répond" in page
    decided(lead, row, "overturn")
    row.refresh_from_db()
    assert row.status == Appeal.Status.OPEN
    page = page_of(other_lead, APPEALS, row.pk)
    assert buttons(page, APPEALS, row) == {"uphold", "overturn", "modify"}
    assert "Ce n’était pas moi" in page
    decided(other_lead, row, "overturn", "Autre personne sur la photo")
    row.refresh_from_db()
    assert row.status == Appeal.Status.OVERTURNED
    assert User.objects.get(pk=ama.id).is_active


def test_a_sanction_is_reduced(moderator, lead, ama):
    week = impose(ama.user, moderator.user)
    row = appeal(ama.user, week)
    decided(lead, row, "modify", kind="restrict", days=3, notice="Trois jours.")
    milder = Sanction.objects.get(replaces=week)
    assert (milder.kind, milder.second_by) == ("restrict", lead.user)
    person = User.objects.get(pk=ama.id)
    assert (person.is_active, person.is_restricted) == (True, True)


def test_the_case_of_an_appeal_is_decided_on_its_page(moderator, lead, ama):
    row = appeal(ama.user, impose(ama.user, moderator.user))
    case = Case.objects.get(queue="appeals")
    page = page_of(lead, CASES, case.pk)
    assert f"{APPEALS}{row.pk}/change/" in page
    assert "close-appeals" not in buttons(page, CASES, case)


@pytest.mark.parametrize("path", [SANCTIONS, APPEALS])
def test_pages_are_for_those_who_may(path, finance, operator, ama, anonymous):
    for nobody in (finance, operator):
        assert nobody.get(path).status_code == 403
    assert ama.get(path).status_code == 302
    assert anonymous.get(path).status_code == 302


@pytest.mark.parametrize("path", [SANCTIONS, APPEALS])
def test_lists_cost_the_same_however_long(
    path, lead, moderator, ama, kossi, afi, django_assert_max_num_queries
):
    for person in (ama, kossi, afi):
        appeal(person.user, impose(person.user, moderator.user))
    with django_assert_max_num_queries(14):
        answer = lead.get(f"{path}?etat=all")
    assert answer.status_code == 200


def test_a_person_is_sanctioned_from_their_page(moderator, ama):
    decided(moderator, ama.user, "sanction", "Faux profil", **SUSPENSION)
    sanction = Sanction.objects.get()
    assert (sanction.person, sanction.case) == (ama.user, None)
    page = page_of(moderator, "/admin/accounts/user/", ama.id)
    assert f"{SANCTIONS}{sanction.pk}/change/" in page
    assert "Sanction proposée" in page, "over no report, two agree"
    assert User.objects.get(pk=ama.id).is_active


def test_staff_are_not_sanctioned(moderator, lead):
    page = page_of(moderator, "/admin/accounts/user/", lead.id)
    assert "/decide/sanction" not in page
    decided(moderator, lead.user, "sanction", **SUSPENSION)
    assert not Sanction.objects.exists()
