"""Handing in an identity document over HTTP; it never comes back."""

import hashlib

import pytest

from accounts.models import IdentityCheck
from lokahome.core.ids import uuid7
from properties.tests import factories as make

CHECKS = "/api/v1/identity-checks"
UPLOADS = "/api/v1/uploads"


def uploaded(client, kind="identity"):
    content = make.jpeg()
    announced = client.post(
        UPLOADS,
        {
            "kind": kind,
            "mime": "image/jpeg",
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    )
    assert announced.status_code == 201
    path = f"{announced['Location']}/content"
    sent = client.put(path, content, content_type="application/octet-stream")
    assert sent.status_code == 200
    return announced.json()["id"]


def handed_in(client, **body):
    body = {
        "document_kind": "passport",
        "number": "BJ 123-4567",
        "expires_on": "2031-01-31",
        **body,
    }
    body.setdefault("upload_id", None)
    body["upload_id"] = body["upload_id"] or uploaded(client)
    return client.post(CHECKS, body)


def test_a_document_is_handed_in_and_its_state_is_read(ama):
    answer = handed_in(ama)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["document_kind"]) == ("submitted", "passport")
    assert ama.get(answer["Location"]).json() == body
    assert "upload" not in str(body)


def test_the_same_id_and_body_is_one_check(ama):
    body = {"id": str(uuid7()), "upload_id": uploaded(ama)}
    first, again = handed_in(ama, **body), handed_in(ama, **body)
    assert first.json()["id"] == again.json()["id"] == body["id"]
    assert IdentityCheck.objects.count() == 1


def test_an_id_that_somebody_else_used_is_a_conflict(ama, kossi):
    taken = handed_in(kossi).json()["id"]
    answer = handed_in(ama, id=taken)
    assert answer.status_code == 409
    assert IdentityCheck.objects.get(pk=taken).person_id == kossi.id


def test_a_second_document_while_one_waits_is_a_conflict(ama):
    handed_in(ama)
    answer = handed_in(ama)
    assert (answer.status_code, answer.json()["code"]) == (409, "identity.waiting")
    assert IdentityCheck.objects.count() == 1


def test_visitors_hand_in_and_read_nothing(db, anonymous):
    assert anonymous.get(CHECKS).status_code == 401
    assert anonymous.post(CHECKS, {}).status_code == 401


def test_anothers_file_and_a_photo_are_not_found(ama, kossi):
    for upload_id in (uploaded(kossi), uploaded(ama, "photo"), str(uuid7())):
        assert handed_in(ama, upload_id=upload_id).status_code == 404
    assert not IdentityCheck.objects.waiting().exists()


@pytest.mark.parametrize(
    "body",
    [{"document_kind": "library_card"}, {"upload_id": "x"}, {"upload_id": [1]}],
)
def test_bad_values_are_refused(ama, body):
    assert handed_in(ama, **body).status_code in {400, 422}
    assert not IdentityCheck.objects.waiting().exists()


def test_everybody_reads_their_own_checks_only(ama, kossi, stranger):
    mine = handed_in(ama)
    assert len(ama.get(CHECKS).json()["data"]) == 1
    for other in (kossi, stranger):
        others = other.get(CHECKS).json()["data"]
        assert mine.json()["id"] not in {check["id"] for check in others}
        assert other.get(mine["Location"]).status_code == 404


def test_the_file_is_sent_back_to_nobody_not_even_its_owner(ama, stranger):
    upload_id = uploaded(ama)
    handed_in(ama, upload_id=upload_id)
    for person in (ama, stranger):
        assert person.get(f"{UPLOADS}/{upload_id}/content").status_code in {404, 405}
        assert person.get(f"/media/uploads/{upload_id}").status_code == 404
        assert person.get(f"/media/private/uploads/{upload_id}").status_code == 404
    assert stranger.get(f"{UPLOADS}/{upload_id}").status_code == 404


def test_the_list_costs_a_constant_number_of_queries(
    ama, moderator, django_assert_max_num_queries
):
    for _ in range(5):
        IdentityCheck(
            person=ama.user,
            purpose="identity",
            document_kind="cip",
            upload_id=uuid7(),
            status="refused",
            reason_code="other",
            reason="x",
            decided_by=moderator.user,
            decided_at=moderator.user.created_at,
        ).save()
    with django_assert_max_num_queries(3):
        assert len(ama.get(CHECKS).json()["data"]) == 5


def test_what_does_not_fit_the_document_is_told_member_by_member(ama):
    answer = handed_in(ama, document_kind="ifu", number="32")
    assert (answer.status_code, answer.json()["code"]) == (
        422,
        "identity.document_not_valid",
    )
    places = {error["pointer"] for error in answer.json()["errors"]}
    assert places == {"/number", "/expires_on"}


def test_a_document_is_taken_back_by_its_person_alone(ama, stranger, anonymous):
    there = handed_in(ama)["Location"]
    assert anonymous.post(f"{there}/withdrawal").status_code == 401
    assert stranger.post(f"{there}/withdrawal").status_code == 404
    assert ama.get(there).json()["allowed_actions"] == ["withdraw"]
    answer = ama.post(f"{there}/withdrawal")
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    assert answer.json()["allowed_actions"] == []
    assert ama.post(f"{there}/withdrawal").status_code == 409
    assert handed_in(ama).status_code == 201


def test_nothing_of_the_number_comes_back_not_even_its_end(ama):
    # Its last four digits prove who somebody is: three of them left ten guesses.
    answers = [handed_in(ama), ama.get(CHECKS)]
    for answer in answers:
        for row in answer.json().get("results", [answer.json()]):
            values = [str(value) for name, value in row.items() if name != "id"]
            assert not [value for value in values if value.endswith("567")]


@pytest.mark.parametrize(
    ("status", "told"), [("suspected", "submitted"), ("fraud", "refused")]
)
def test_what_staff_suspects_is_not_told(
    ama, moderator, identity_checker, status, told
):
    there = handed_in(ama)["Location"]
    changes = {
        "status": status,
        "reason": "Retouchée." if status == "suspected" else "Pièce refusée.",
        "reason_code": "altered",
        "suspected_by": moderator.user,
    }
    if status == "fraud":
        changes |= {
            "decided_by": identity_checker.user,
            "decided_at": identity_checker.user.created_at,
        }
    IdentityCheck.objects.update(**changes)
    body = ama.get(there).json()
    assert body["status"] == told
    assert "fraud" not in str(body)
    assert "Retouchée" not in str(body)


# --- Hats -----------------------------------------------------------------------------------


def test_a_hat_says_what_it_opens_and_what_the_next_level_takes(kossi, ama):
    hats = {hat["role"]: hat for hat in kossi.get("/api/v1/me/roles").json()["data"]}
    assert hats["landlord"]["level"] == 2
    assert hats["landlord"]["allowed_actions"] == ["publish", "be_paid"]
    assert {need["name"] for need in hats["landlord"]["missing"]} == {
        "agent",
        "register",
    }
    assert hats["tenant"]["missing"] == []
    (hat,) = ama.get("/api/v1/me/roles").json()["data"]
    assert (hat["level"], hat["allowed_actions"]) == (0, ["apply"])
    (need,) = hat["missing"]
    assert need["name"] == "identity"
    assert need["document_kinds"][0] in {"national_card", "passport"}


def test_hats_cost_a_constant_number_of_queries(kossi, django_assert_max_num_queries):
    kossi.post("/api/v1/me/roles", {"role": "provider"})
    with django_assert_max_num_queries(4):
        assert len(kossi.get("/api/v1/me/roles").json()["data"]) == 3


def test_a_level_cannot_be_asked_for(ama):
    answer = ama.post("/api/v1/me/roles", {"role": "landlord", "level": 3})
    assert answer.status_code in {201, 422, 400}
    assert not ama.user.roles.filter(level__gt=0).exists()
