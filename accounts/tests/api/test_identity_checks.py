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
