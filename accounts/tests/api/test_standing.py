"""Suspended, restricted, appealing: what each door answers."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.urls import get_resolver
from drf_spectacular.generators import EndpointEnumerator
from rest_framework.permissions import SAFE_METHODS, AllowAny

from accounts.api.standing import InGoodStanding
from accounts.models import Appeal, Sanction, User
from accounts.services.moderation import parties
from accounts.services.moderation.cases import decide_case, open_case
from accounts.services.moderation.parties import Parties
from accounts.services.moderation.sanctions import expire_sanctions
from accounts.services.signing_in.codes import mint_code
from accounts.tests.sanctioned import appeal, ban, impose, leads
from lokahome.core import clock
from lokahome.core.errors import CATALOGUE

APPEALS = "/api/v1/appeals"
SANCTIONS = "/api/v1/me/sanctions"


def signed_in_by_code(client, phone="+2290197000001"):
    asked = client.post("/api/v1/auth/otp-requests", {"phone": phone}).json()
    code = mint_code(request_id=UUID(asked["id"]), now=clock.now())
    body = {"request_id": asked["id"], "code": code}
    return client.post("/api/v1/auth/otp-verifications", body)


def test_a_suspension_ends_what_goes_on_and_closes_the_door(ama, anonymous, moderator):
    assert ama.get("/api/v1/me").status_code == 200
    week = impose(ama.user, moderator.user)
    assert ama.get("/api/v1/me").status_code == 401
    answer = signed_in_by_code(anonymous)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (403, "account.suspended")
    assert body["until"] == week.ends_at.isoformat().replace("+00:00", "Z")
    assert body["reason"] == week.notice
    assert "access" not in body
    assert expire_sanctions(now=week.ends_at) == 1
    assert signed_in_by_code(anonymous).status_code == 200


def test_a_password_tells_no_more_than_a_code(ama, anonymous, moderator):
    ama.user.set_password("a password for tests")
    ama.user.save()
    impose(ama.user, moderator.user)
    path = "/api/v1/auth/login"
    wrong = {"username": "+2290197000001", "password": "not this one"}
    assert anonymous.post(path, wrong).json()["code"] == "auth.credentials_wrong"
    right = {**wrong, "password": "a password for tests"}
    assert anonymous.post(path, right).json()["code"] == "account.suspended"


def test_a_ban_has_no_end(ama, anonymous, moderator):
    [lead] = leads(1)
    ban(ama.user, moderator.user, lead)
    assert signed_in_by_code(anonymous).json()["until"] is None


def test_the_suspended_appeal_with_the_token_of_the_closed_door(
    ama, anonymous, moderator
):
    week = impose(ama.user, moderator.user)
    token = signed_in_by_code(anonymous).json()["appeal_token"]
    body = {"appeal_token": token, "words": "C’est une erreur"}
    answer = anonymous.post(APPEALS, body)
    assert answer.status_code == 201, answer.json()
    assert answer.json()["sanction_id"] == str(week.pk)
    assert anonymous.post(APPEALS, body).status_code == 200
    assert Appeal.objects.get().person == ama.user


def test_the_token_opens_nothing_else(ama, anonymous, moderator):
    impose(ama.user, moderator.user)
    token = signed_in_by_code(anonymous).json()["appeal_token"]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    for path in ("/api/v1/me", APPEALS):
        assert anonymous.get(path, **bearer).status_code == 401


@pytest.mark.parametrize("token", ["x", "a:b:c", "e30:x"])
def test_a_forged_token_appeals_for_nobody(db, anonymous, token):
    answer = anonymous.post(APPEALS, {"appeal_token": token, "words": "x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "appeal.token_refused")
    assert not Appeal.objects.exists()


def test_without_a_token_or_a_session_nobody_appeals(ama, anonymous, moderator):
    week = impose(ama.user, moderator.user, kind="warn", days=None)
    answer = anonymous.post(APPEALS, {"sanction_id": str(week.pk), "words": "x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.required")


def test_one_s_own_warning_is_read_and_appealed(ama, kossi, anonymous, moderator):
    warning = impose(ama.user, moderator.user, kind="warn", days=None)
    [row] = ama.get(SANCTIONS).json()["data"]
    assert (row["kind"], row["notice"]) == ("warn", warning.notice)
    assert row["allowed_actions"] == ["appeal"]
    assert "words" not in row
    assert kossi.get(SANCTIONS).json()["data"] == []
    assert kossi.get(f"{SANCTIONS}/{warning.pk}").status_code == 404
    assert anonymous.get(SANCTIONS).status_code == 401
    body = {"sanction_id": str(warning.pk), "words": "Non"}
    stolen = kossi.post(APPEALS, body)
    missing = kossi.post(APPEALS, {**body, "sanction_id": str(uuid4())})
    assert stolen.status_code == missing.status_code == 404
    assert not Appeal.objects.exists()
    created = ama.post(APPEALS, body)
    assert created.status_code == 201
    assert ama.get(created["Location"]).json()["status"] == "open"
    assert kossi.get(created["Location"]).status_code == 404
    assert anonymous.get(created["Location"]).status_code == 401
    assert ama.get(f"{SANCTIONS}/{warning.pk}").json()["allowed_actions"] == []


def test_a_proposal_is_nobody_s_to_read(ama, moderator):
    waiting = impose(ama.user, moderator.user, kind="ban", days=None)
    assert ama.get(SANCTIONS).json()["data"] == []
    assert ama.get(f"{SANCTIONS}/{waiting.pk}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"words": "x"},
        {"words": "", "sanction_id": str(uuid4())},
        {"words": "x", "sanction_id": str(uuid4()), "case_id": str(uuid4())},
        {"words": "x" * 1001, "sanction_id": str(uuid4())},
        {"words": "x", "sanction_id": "7"},
    ],
)
def test_an_appeal_names_one_decision_and_says_why(ama, body):
    assert ama.post(APPEALS, body).status_code == 422


def test_what_was_hidden_is_appealed_by_its_name(
    ama, kossi, anonymous, moderator, monkeypatch
):
    mine = Parties(authors=frozenset({ama.id}))
    monkeypatch.setitem(parties.PARTIES, "note", lambda _pk: mine)
    subject = f"note:{uuid4()}"
    case = open_case(
        kind="note_report",
        queue="reports",
        subject=subject,
        title="Note",
        evidence={},
        now=clock.now(),
    )
    body = {"subject": subject, "words": "Elle est vraie"}
    assert ama.post(APPEALS, body).status_code == 404, "nobody decided yet"
    decide_case(
        case_id=case.pk,
        decision="hide",
        reason="Insultes",
        actor=moderator.user,
        now=clock.now(),
    )
    assert kossi.post(APPEALS, body).status_code == 404
    assert anonymous.post(APPEALS, body).status_code == 401
    assert ama.post(APPEALS, body).json()["case_id"] == str(case.pk)


@pytest.mark.parametrize("path", [SANCTIONS, APPEALS])
def test_lists_cost_the_same_however_long(
    path, ama, moderator, django_assert_max_num_queries
):
    for _ in range(4):
        appeal(ama.user, impose(ama.user, moderator.user, kind="warn", days=None))
    with django_assert_max_num_queries(3):
        assert len(ama.get(path).json()["data"]) == 4


def restricted(person, moderator):
    return impose(person.user, moderator.user, kind="restrict", days=3)


def test_the_restricted_read_and_do_not_write(ama, moderator):
    sanction = restricted(ama, moderator)
    assert ama.get("/api/v1/me").status_code == 200
    assert ama.get("/api/v1/listings").status_code == 200
    for path in ("/api/v1/properties", "/api/v1/applications", "/api/v1/listings"):
        answer = ama.post(path, {}, headers={"Idempotency-Key": str(uuid4())})
        body = answer.json()
        assert (answer.status_code, body["code"]) == (403, "account.restricted"), path
        assert body["reason"] == sanction.notice
        assert body["until"]


NOBODYS = UUID(int=1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("patch", "/api/v1/me"),
        ("post", "/api/v1/me/emails"),
        ("post", "/api/v1/auth/logout"),
        ("post", "/api/v1/appeals"),
        ("post", "/api/v1/reports"),
        ("post", "/api/v1/identity-checks"),
        ("post", f"/api/v1/leases/{NOBODYS}/payments"),
        ("post", f"/api/v1/jobs/{NOBODYS}/approval"),
        ("post", f"/api/v1/tickets/{NOBODYS}/closure"),
        ("post", "/api/v1/realtime/tickets"),
    ],
)
def test_some_doors_stay_open_to_the_restricted(ama, moderator, method, path):
    restricted(ama, moderator)
    answer = getattr(ama, method)(path, {})
    code = answer.json().get("code", "") if answer.content else ""
    assert code != "account.restricted"


def test_it_costs_no_query(ama, moderator, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        ama.get("/api/v1/me")
    restricted(ama, moderator)
    with django_assert_max_num_queries(2):
        ama.get("/api/v1/me")


def test_the_end_of_a_restriction_opens_again(ama, moderator):
    sanction = restricted(ama, moderator)
    expire_sanctions(now=sanction.ends_at + timedelta(seconds=1))
    assert not User.objects.get(pk=ama.id).is_restricted
    answer = ama.post("/api/v1/properties", {})
    assert answer.json()["code"] != "account.restricted"


def test_every_door_that_writes_asks_how_one_stands():
    """A view that names its own permissions has to name this one too."""
    get_resolver()
    exempt = ("/api/v1/me", "/api/v1/auth/")
    open_doors = []
    for path, _regex, method, callback in EndpointEnumerator().get_api_endpoints():
        if method in SAFE_METHODS or path.startswith(exempt):
            continue
        permissions = set(callback.cls.permission_classes)
        if AllowAny not in permissions and InGoodStanding not in permissions:
            open_doors.append(f"{method} {path}")
    assert open_doors == []


def test_the_refusals_are_in_the_catalogue():
    known = {"account.suspended", "account.restricted", "appeal.closed"}
    assert known <= set(CATALOGUE)
    assert not Sanction._meta.get_field("words").blank
