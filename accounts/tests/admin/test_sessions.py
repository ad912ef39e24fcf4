"""Sessions in the back-office: seen, and ended with a reason."""

import pytest
from django.urls import reverse

from accounts.api.tokens import issue_tokens
from accounts.models import Session
from lokahome.core.audit.models import AuditEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_staff

SESSIONS = "/admin/accounts/session/"
PEOPLE = "/admin/accounts/user/"
ME = "/api/v1/me"
WHY = "La personne dit que son téléphone est perdu."


@pytest.fixture
def support(db):
    """Staff who answer people."""
    return make_staff("support", "support")


def decide(client, kind, pk, name, *, version=1, reason=WHY):
    url = reverse(f"admin:accounts_{kind}_decide", args=[pk, name])
    return client.post(url, {"version": version, "reason": reason}, format="multipart")


def test_support_sees_where_somebody_is_signed_in(support, ama):
    key = uuid7()
    issue_tokens(ama.user, device_key=key, device_name="Téléphone d’Ama")
    listed = support.get(SESSIONS).content.decode()
    assert "Téléphone d’Ama" in listed
    assert "Ama Dossou" not in listed, "people stand in lists by their initials"
    newest = Session.objects.latest("id")
    page = support.get(f"{SESSIONS}{newest.pk}/change/").content.decode()
    assert "Téléphone d’Ama" in page
    for text in (listed, page):
        assert str(key) not in text
        assert newest.device.key_digest not in text
        assert newest.tokens.get().jti.hex not in text
    assert f"{SESSIONS}{newest.pk}/change/" in (
        support.get(f"{PEOPLE}{ama.id}/change/").content.decode()
    )


def test_staff_end_one_session_with_a_reason(support, ama):
    pair = issue_tokens(ama.user)
    newest = Session.objects.latest("id")
    assert decide(support, "session", newest.pk, "end").status_code == 302
    newest.refresh_from_db()
    assert newest.end_reason == Session.EndReason.STAFF
    headers = {"HTTP_AUTHORIZATION": f"Bearer {pair.access}"}
    assert ama.__class__().get(ME, **headers).status_code == 401
    assert ama.get(ME).status_code == 200
    deed = AuditEvent.objects.get(action="session.ended")
    assert (deed.actor_id, deed.reason) == (support.id, WHY)


def test_staff_end_all_sessions_of_a_person(support, ama, kossi):
    issue_tokens(ama.user)
    ama.user.refresh_from_db()
    version = ama.user.version
    done = decide(support, "user", ama.id, "end-sessions", version=version)
    assert done.status_code == 302
    assert not Session.objects.filter(user=ama.user, ended_at=None).exists()
    assert ama.get(ME).status_code == 401
    assert kossi.get(ME).status_code == 200


def test_without_a_reason_nothing_ends(support, ama):
    decide(support, "session", ama.session.pk, "end", reason="")
    assert ama.session.ended_at is None


@pytest.mark.parametrize("group", ["moderator", "finance_maker", "auditor", "operator"])
def test_other_staff_end_none(db, ama, group):
    client = make_staff(group, group)
    for kind, pk, name in (
        ("session", ama.session.pk, "end"),
        ("user", ama.id, "end-sessions"),
    ):
        assert decide(client, kind, pk, name).status_code == 403
    assert ama.get(ME).status_code == 200


@pytest.mark.parametrize("who", ["anonymous", "ama"])
def test_only_staff_come_in(db, request, who):
    answer = request.getfixturevalue(who).get(SESSIONS)
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_ended_ones_are_a_filter_away(support, ama):
    session = ama.session
    decide(support, "session", session.pk, "end")
    assert str(session.pk) not in support.get(SESSIONS).content.decode()
    for state in ("ended", "all"):
        page = support.get(SESSIONS, {"state": state}).content.decode()
        assert str(session.pk) in page
