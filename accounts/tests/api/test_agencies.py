"""Agencies over HTTP: members, invitations, and the header that names one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency, AgencyInvitation, Membership
from accounts.services.agencies import invitation_limits
from accounts.tests.agencies import (
    acting,
    active_agency_of,
    agency_of,
    in_name_of,
    invited,
    joined,
    roles,
    someone,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import sign_in

AGENCIES = "/api/v1/agencies"
MINE = "/api/v1/me/invitations"
VOLATILE = {"instance", "request_id"}


def at(agency, *parts):
    return "/".join([AGENCIES, str(agency.pk), *map(str, parts)])


def told(answer):
    """Return an answer without what differs between any two requests."""
    body = answer.json()
    return answer.status_code, {k: v for k, v in body.items() if k not in VOLATILE}


def invite(client, agency, phone, role="viewer", key=None):
    headers = {"Idempotency-Key": str(key or uuid7())}
    body = {"phone": phone, "role": role}
    return client.post(at(agency, "invitations"), body, headers=headers)


def give(client, path, role):
    """Give a member a role, as they were read last."""
    read = client.get(path)
    headers = {"If-Match": read.headers.get("ETag", '"1"')}
    return client.patch(path, {"role": role}, headers=headers)


def member_path(agency, user):
    row = Membership.objects.active().get(agency=agency, user=user)
    return at(agency, "members", row.pk)


@pytest.fixture
def house(ama, kossi, afi):
    """An agency of Ama, with a manager (Kossi) and an agent (Afi)."""
    agency = active_agency_of(ama.user)
    joined(agency, ama.user, kossi.user, "manager")
    joined(agency, kossi.user, afi.user, "agent")
    return agency


def test_an_agency_is_opened_read_changed_and_closed(ama):
    body = {"id": str(uuid7()), "name": "Immo Ganhi", "ifu": "3202400000001"}
    made = ama.post(AGENCIES, body)
    assert made.status_code == 201
    assert made.json()["my_role"] == "owner"
    assert made.json()["allowed_actions"] == ["edit", "close", "act_for"]
    assert ama.post(AGENCIES, body).json()["id"] == body["id"]
    path = made["Location"]
    read = ama.get(path)
    changed = ama.patch(path, {"rccm": "RB/COT/1"}, headers={"If-Match": read["ETag"]})
    assert changed.json()["rccm"] == "RB/COT/1"
    assert ama.patch(path, {"rccm": "x"}).status_code == 428
    assert ama.delete(path).status_code == 428
    stale = {"If-Match": read["ETag"]}
    assert ama.delete(path, headers=stale).status_code == 412
    assert ama.get(path).json()["status"] == "draft"
    seen = {"If-Match": changed["ETag"]}
    for _ in range(2):
        assert ama.delete(path, headers=seen).status_code == 204
    assert ama.get(path).json()["status"] == "closed"
    assert OutboxEvent.objects.filter(name="accounts.agency_closed").count() == 1
    assert Agency.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 121},
        {"name": "x", "ifu": "123"},
        {"name": "x", "ifu": "٣٢٠٢٤٠٠٠٠٠٠٠٠"},
        {"name": "x", "id": "1"},
    ],
)
def test_bad_values_are_refused(ama, body):
    assert ama.post(AGENCIES, body).status_code in {400, 422}
    assert not Agency.objects.exists()


def test_state_and_founder_are_not_written_from_outside(ama, kossi):
    body = {"name": "x", "status": "active", "created_by": str(kossi.id)}
    made = ama.post(AGENCIES, body)
    assert made.status_code in {201, 400, 422}
    assert not Agency.objects.exclude(status="draft", created_by=ama.user).exists()


def test_visitors_see_and_do_nothing(house, anonymous):
    member = Membership.objects.first()
    for path in (AGENCIES, at(house), at(house, "members"), at(house, "invitations")):
        assert anonymous.get(path).status_code == 401
    assert anonymous.post(AGENCIES, {"name": "x"}).status_code == 401
    assert anonymous.post(at(house, "invitations"), {}).status_code == 401
    path = at(house, "members", member.pk)
    assert anonymous.patch(path, {"role": "owner"}).status_code == 401
    assert anonymous.delete(path).status_code == 401
    assert anonymous.get(MINE).status_code == 401
    assert roles(house)[member.user_id] == member.role


def test_an_agency_of_others_is_like_one_that_does_not_exist(house, ama, stranger):
    """Also for the owner of another agency; and nothing changes."""
    agency_of(stranger.user)
    missing = Agency(pk=uuid7())
    row = Membership.objects.active().get(agency=house, user=ama.user)
    before = roles(house)

    def asked(agency, member_id):
        patch = stranger.patch
        path = at(agency, "members", member_id)
        return [
            told(answer)
            for answer in (
                stranger.get(at(agency)),
                patch(at(agency), {"name": "x"}, headers={"If-Match": '"1"'}),
                stranger.delete(at(agency), headers={"If-Match": '"1"'}),
                stranger.get(at(agency, "members")),
                patch(path, {"role": "viewer"}, headers={"If-Match": '"1"'}),
                stranger.get(path),
                stranger.delete(path),
                stranger.get(at(agency, "invitations")),
                invite(stranger, agency, "+2290197550077"),
                stranger.get(at(agency, "invitations", uuid7())),
                stranger.delete(at(agency, "invitations", uuid7())),
            )
        ]

    real, absent = asked(house, row.pk), asked(missing, uuid7())
    assert real == absent
    assert {status for status, _body in real} == {404}
    assert roles(house) == before
    assert not AgencyInvitation.objects.filter(status="open").exists()
    assert [row["id"] for row in stranger.get(AGENCIES).json()["data"]] != [
        str(house.pk)
    ]


def test_members_see_each_other_and_what_each_may_do(house, ama, kossi, afi):
    rows = kossi.get(at(house, "members")).json()["data"]
    assert [(row["role"], row["is_me"], row["allowed_actions"]) for row in rows] == [
        ("owner", False, []),
        ("manager", True, ["leave"]),
        ("agent", False, ["change_role", "remove"]),
    ]
    assert "phone" not in str(rows)
    assert [
        row["allowed_actions"] for row in afi.get(at(house, "members")).json()["data"]
    ] == [
        [],
        [],
        ["leave"],
    ]


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_a_manager_who_promotes_himself_stays_what_he_is(house, kossi, role):
    answer = give(kossi, member_path(house, kossi.user), role)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.not_allowed")
    answer = invite(kossi, house, kossi.user.phone, role)
    assert answer.status_code == 403
    assert roles(house)[kossi.id] == "manager"
    assert not AgencyInvitation.objects.open().exists()


def test_the_last_owner_neither_leaves_nor_steps_down(house, ama):
    path = member_path(house, ama.user)
    for answer in (ama.delete(path), give(ama, path, "viewer")):
        assert (answer.status_code, answer.json()["code"]) == (409, "agency.last_owner")
    assert roles(house)[ama.id] == "owner"


def test_an_owner_changes_a_role_and_removes_a_member(house, ama, afi):
    path = member_path(house, afi.user)
    assert give(ama, path, "accountant").json()["role"] == "accountant"
    assert give(ama, path, "emperor").status_code in {400, 422}
    assert ama.delete(path).status_code == 204
    assert afi.get(at(house)).status_code == 404
    assert afi.id not in roles(house)


def test_agents_see_no_invitation(house, ama, afi):
    invited(house, ama.user, "+2290197550078")
    path = at(house, "invitations")
    assert len(ama.get(path).json()["data"]) == 3
    assert afi.get(path).status_code == 403
    (row,) = AgencyInvitation.objects.open()
    assert ama.get(f"{path}/{row.pk}").json()["status"] == "open"
    assert afi.get(f"{path}/{row.pk}").status_code == 403
    assert invite(afi, house, "+2290197550079").status_code == 403


def test_an_invitation_is_sent_seen_answered(house, ama, stranger):
    sent = invite(ama, house, stranger.user.phone)
    assert sent.status_code == 201
    assert ama.get(sent["Location"]).json() == sent.json()
    assert stranger.user.phone not in sent.content.decode()
    (row,) = stranger.get(MINE).json()["data"]
    assert (row["agency_name"], row["role"]) == ("Immo Cadjèhoun", "viewer")
    assert ama.get(MINE).json()["data"] == []
    answer = stranger.post(f"{MINE}/{row['id']}/acceptance")
    assert (answer.status_code, answer.json()["role"]) == (200, "viewer")
    assert stranger.post(f"{MINE}/{row['id']}/acceptance").status_code == 200
    assert stranger.get(MINE).json()["data"] == []
    assert roles(house)[stranger.id] == "viewer"


def test_the_answer_does_not_tell_whether_the_number_has_an_account(
    house, ama, stranger
):
    answers = [
        invite(ama, house, phone) for phone in (stranger.user.phone, "+2290197550009")
    ]
    shapes = [
        {
            k: v
            for k, v in answer.json().items()
            if k in {"role", "status", "phone_masked"}
        }
        for answer in answers
    ]
    assert shapes[0] == shapes[1]


def test_an_invitation_to_others_and_a_missing_one_are_alike(
    house, ama, kossi, stranger
):
    other = invited(house, ama.user, "+2290197550080")
    for step in ("acceptance", "refusal"):
        answers = [
            told(stranger.post(f"{MINE}/{pk}/{step}")) for pk in (other.pk, uuid7())
        ]
        assert answers[0] == answers[1]
        assert answers[0][0] == 404
        # Whoever leads the agency sees it, and is not who was invited either.
        assert kossi.post(f"{MINE}/{other.pk}/{step}").status_code == 404
    other.refresh_from_db()
    assert other.status == "open"


def test_refusing_and_withdrawing(house, ama, stranger):
    first = invited(house, ama.user, stranger.user.phone)
    assert stranger.post(f"{MINE}/{first.pk}/refusal").status_code == 204
    second = invited(house, ama.user, stranger.user.phone)
    assert ama.delete(at(house, "invitations", second.pk)).status_code == 204
    answer = stranger.post(f"{MINE}/{second.pk}/acceptance")
    assert (answer.status_code, answer.json()["code"]) == (410, "invitation.spent")
    assert stranger.id not in roles(house)


def test_a_change_says_which_version_was_read(house, ama, kossi, afi):
    path = member_path(house, afi.user)
    read = ama.get(path)
    assert ama.patch(path, {"role": "viewer"}).status_code == 428
    assert give(kossi, path, "accountant").status_code == 200
    late = ama.patch(path, {"role": "viewer"}, headers={"If-Match": read["ETag"]})
    assert late.status_code == 412
    assert roles(house)[afi.id] == "accountant"


def test_deleting_again_is_harmless(house, ama, kossi, afi):
    """A phone that lost the first answer hears the same; and nothing happens twice."""
    row = invited(house, ama.user, "+2290197550082")
    asked = (
        (afi, member_path(house, afi.user)),
        (ama, member_path(house, kossi.user)),
        (ama, at(house, "invitations", row.pk)),
    )
    for client, path in asked:
        assert [client.delete(path).status_code for _ in range(2)] == [204, 204]
    assert roles(house) == {ama.id: "owner"}
    left = OutboxEvent.objects.filter(name="accounts.member_removed")
    assert left.count() == 2
    audited = AuditEvent.objects.filter(action="agency.invitation_withdrawn")
    assert audited.count() == 1
    # Who was removed is still nobody to the others.
    assert kossi.delete(member_path(house, ama.user)).status_code == 404


def test_an_invitation_is_sent_once_however_often_its_answer_is_lost(house, ama):
    assert ama.post(at(house, "invitations"), {}).status_code == 400
    key = uuid7()
    first, again = (invite(ama, house, "+2290197550083", key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    events = OutboxEvent.objects.filter(name="accounts.member_invited")
    assert events.count() == 3


def test_one_key_in_two_names_is_two_requests(house, ama):
    """Neither name gets the answer that the other one got."""
    key = {"Idempotency-Key": str(uuid7())}
    agent = acting(ama.user, house)
    own, named, again = (
        client.post(AGENCIES, {"name": "Immo Deux"}, headers=key)
        for client in (ama, agent, ama)
    )
    assert (own.status_code, named.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in named
    assert named.json()["id"] != own.json()["id"]
    assert (again["Idempotency-Replayed"], again.json()) == ("true", own.json())


def test_staff_get_nothing_by_the_api(house, moderator):
    assert moderator.get(at(house)).status_code == 401


# --- The header ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named", ["theirs", "missing", "malformed", "empty", "closed", "suspended", "left"]
)
def test_a_header_that_names_no_agency_of_ones_own_is_refused_alike(
    ama, stranger, named
):
    agency = agency_of(ama.user)
    mine = agency_of(stranger.user)
    if named == "left":
        Agency.objects.filter(pk=agency.pk).update(status="active")
        joined(agency, ama.user, stranger.user)
        Membership.objects.filter(user=stranger.user, agency=agency).update(
            status="removed", removed_at=clock.now()
        )
    if named in {"closed", "suspended"}:
        Agency.objects.filter(pk=mine.pk).update(status=named, status_reason="x")
    header = {
        "theirs": agency.pk,
        "left": agency.pk,
        "missing": uuid7(),
        "malformed": "x' OR 1=1",
        "empty": "",
        "closed": mine.pk,
        "suspended": mine.pk,
    }[named]
    in_name_of(stranger, header)
    status, body = told(stranger.get("/api/v1/units"))
    assert (status, body["code"]) == (403, "agency.not_yours")
    in_name_of(stranger, uuid7())
    assert told(stranger.get("/api/v1/units")) == (status, body)


def test_a_header_costs_one_query_and_none_without_it(ama):
    agency = agency_of(ama.user)
    ama.get("/api/v1/units")
    with CaptureQueriesContext(connection) as plain:
        ama.get("/api/v1/units")
    in_name_of(ama, agency.pk)
    with CaptureQueriesContext(connection) as named:
        assert ama.get("/api/v1/units").status_code == 200
    assert len(named) == len(plain) + 1


def test_a_stale_header_keeps_nobody_from_themselves_nor_from_signing_out(stranger):
    in_name_of(stranger, uuid7())
    assert stranger.get("/api/v1/units").status_code == 403
    for path in ("/api/v1/me", "/api/v1/me/sessions"):
        assert stranger.get(path).status_code == 200
    assert stranger.post("/api/v1/auth/logout").status_code in {200, 204}
    assert stranger.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "conversations"),
        ("post", "conversations"),
        ("get", "payments"),
        ("get", "payouts"),
        ("get", "receipts"),
        ("get", "jobs"),
        ("post", "service-requests"),
        ("get", "quotes"),
        ("post", "providers"),
        ("post", "reviews"),
    ],
)
def test_words_money_and_work_are_nobodys_in_an_agencys_name(house, ama, method, path):
    """Neither written for the agency, nor one's own shown with its eyes."""
    agent = acting(ama.user, house)
    answer = getattr(agent, method)(f"/api/v1/{path}")
    assert told(answer)[0] == 403
    assert answer.json()["code"] == "agency.own_name_only"
    # Of an agency of others one hears no more than anywhere else.
    in_name_of(agent, uuid7())
    refused = getattr(agent, method)(f"/api/v1/{path}")
    assert refused.json()["code"] == "agency.not_yours"
    # Control: for oneself it is no matter of agencies.
    own = getattr(ama, method)(f"/api/v1/{path}")
    assert own.status_code != 403


def test_what_everybody_reads_is_read_in_an_agencys_name_too(house, ama):
    agent = acting(ama.user, house)
    for path in ("providers", "listings", "notifications", "service-categories"):
        assert agent.get(f"/api/v1/{path}").status_code == 200


def test_a_member_removed_while_signed_in_is_refused_at_the_next_request(
    house, ama, afi
):
    in_name_of(afi, house.pk)
    assert afi.get("/api/v1/units").status_code == 200
    assert ama.delete(member_path(house, afi.user)).status_code == 204
    answer = afi.get("/api/v1/units")
    assert (answer.status_code, answer.json()["code"]) == (403, "agency.not_yours")
    assert sign_in(afi.user).get("/api/v1/units").status_code == 200


def test_a_role_taken_away_counts_from_the_next_request(house, ama, kossi):
    agent = acting(kossi.user, house)
    assert agent.get("/api/v1/mandates").status_code == 200
    assert give(ama, member_path(house, kossi.user), "viewer").status_code == 200
    assert invite(kossi, house, "+2290197550081").status_code == 403


# --- What lists cost ----------------------------------------------------------------------


def test_lists_cost_a_constant_number_of_queries(
    ama, django_assert_max_num_queries, monkeypatch
):
    agency = active_agency_of(ama.user)
    monkeypatch.setattr(invitation_limits, "PER_INVITER_A_DAY", 99)
    for index in range(6):
        person = someone(f"Membre {index}")
        joined(agency, ama.user, person)
        invited(agency, ama.user, f"+22901975501{index:02d}")
    with django_assert_max_num_queries(3):
        assert len(ama.get(AGENCIES).json()["data"]) == 1
    with django_assert_max_num_queries(4):
        assert len(ama.get(at(agency, "members")).json()["data"]) == 7
    with django_assert_max_num_queries(5):
        assert len(ama.get(at(agency, "invitations")).json()["data"]) == 12
    with django_assert_max_num_queries(4):
        assert ama.get(MINE).json()["data"] == []
