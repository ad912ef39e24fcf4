"""One's own numbers, and proving again who one is, over HTTP."""

from uuid import uuid4

import pytest

from accounts.models import CodeRequest, Phone
from accounts.services.signing_in.codes import mint_code
from lokahome.core import clock
from lokahome.tests.people import long_silent, sign_in

PHONES = "/api/v1/me/phones"
PROOFS = "/api/v1/me/proofs"
PROOF_CODES = "/api/v1/me/proof-codes"
NEW = "+2290196000022"
PHRASE = "a long pass phrase"


def ask(client, number="96 00 00 22", key=None):
    return client.post(
        PHONES,
        {"number": number},
        headers={"Idempotency-Key": str(key or uuid4())},
    )


def verify(client, claim, code=None):
    code = code or mint_code(request_id=claim["id"], now=clock.now())
    return client.post(f"{PHONES}/{claim['id']}/verification", {"code": code})


def added(client):
    answer = verify(client, ask(client).json())
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_a_number_is_added_listed_and_given_up(ama):
    phone = added(ama)
    assert (phone["number"], phone["is_current"], phone["is_lost"]) == (
        NEW,
        True,
        False,
    )
    rows = ama.get(PHONES).json()["data"]
    assert {row["number"] for row in rows} == {NEW, "+2290197000001"}
    assert ama.get("/api/v1/me").json()["phone"] == "+2290197000001"
    for _ in range(2):
        assert ama.delete(f"{PHONES}/{phone['id']}").status_code == 204
    assert ama.get("/api/v1/me").json()["phone"] == "+2290197000001"


def test_the_same_key_asks_once_and_none_is_refused(ama):
    key = uuid4()
    assert ask(ama, key=key).json() == ask(ama, key=key).json()
    assert CodeRequest.objects.count() == 1
    assert ama.post(PHONES, {"number": NEW}).status_code == 400


def test_the_last_number_stays(ama):
    phone = Phone.objects.get(user=ama.user)
    answer = ama.delete(f"{PHONES}/{phone.pk}")
    assert (answer.status_code, answer.json()["code"]) == (409, "phone.last")


def test_an_old_session_proves_again_and_then_may(ama):
    long_silent(ama.user)
    answer = ask(ama)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.proof_needed")
    assert answer.json()["methods"] == ["sms_code"]
    sent = ama.post(PROOF_CODES, {"method": "sms_code"})
    assert (sent.status_code, set(sent.json())) == (201, {"expires_at"})
    code = mint_code(request_id=CodeRequest.objects.get().pk, now=clock.now())
    proved = ama.post(PROOFS, {"method": "sms_code", "value": code})
    assert proved.status_code == 200
    assert proved.json()["proved_at"]
    assert ask(ama).status_code == 201


def test_a_wrong_proof_proves_nothing(ama):
    long_silent(ama.user)
    answer = ama.post(PROOFS, {"method": "password", "value": PHRASE})
    assert (answer.status_code, answer.json()["code"]) == (422, "proof.wrong")
    assert ask(ama).status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PROOFS, {}),
        (PROOFS, {"method": "password"}),
        (PROOFS, {"method": "retina", "value": "x"}),
        (PROOF_CODES, {"method": "password"}),
        (PROOF_CODES, {}),
    ],
)
def test_what_is_no_proof_is_refused(ama, path, body):
    assert ama.post(path, body).status_code == 422
    assert not CodeRequest.objects.exists()


def test_a_loss_ends_the_other_sessions_and_keeps_this_one(ama):
    tablet = sign_in(ama.user)
    phone = Phone.objects.get(user=ama.user)
    answer = ama.post(f"{PHONES}/{phone.pk}/loss")
    assert (answer.status_code, answer.json()["is_lost"]) == (200, True)
    assert tablet.get("/api/v1/me").status_code == 401
    assert ama.get("/api/v1/me").status_code == 200


def test_without_a_proof_a_loss_ends_the_session_that_reports_it(ama):
    long_silent(ama.user)
    phone = Phone.objects.get(user=ama.user)
    assert ama.post(f"{PHONES}/{phone.pk}/loss").status_code == 200
    assert ama.get("/api/v1/me").status_code == 401


def test_strangers_and_visitors_touch_no_number(ama, stranger, anonymous):
    phone = Phone.objects.get(user=ama.user)
    claim = ask(ama).json()
    paths = (f"{PHONES}/{phone.pk}/loss", f"{PHONES}/{claim['id']}/verification")
    for path in paths:
        body = {"code": "123456"} if path.endswith("verification") else None
        assert stranger.post(path, body).status_code == 404
        assert anonymous.post(path, body).status_code == 401
    assert stranger.delete(f"{PHONES}/{phone.pk}").status_code == 404
    assert anonymous.delete(f"{PHONES}/{phone.pk}").status_code == 401
    assert ask(anonymous).status_code == 401
    for path in (PROOFS, PROOF_CODES):
        assert anonymous.post(path, {}).status_code == 401
    phone.refresh_from_db()
    assert (phone.lost_at, phone.released_at) == (None, None)
    assert CodeRequest.objects.get().tries == 0


@pytest.mark.parametrize(
    "code", ["12345", "1234567", "١٢٣٤٥٦", "１２３４５６", "abcdef"]
)
def test_what_is_no_code_is_refused_and_costs_no_try(ama, code):
    claim = ask(ama).json()
    assert verify(ama, claim, code).status_code == 422
    assert CodeRequest.objects.get().tries == 0


def test_a_number_of_somebody_else_is_told_after_the_right_code_only(ama, kossi):
    known, unknown = ask(ama, kossi.user.phone), ask(ama)
    assert known.status_code == unknown.status_code == 201
    assert known.json().keys() == unknown.json().keys()
    answer = verify(ama, known.json())
    assert (answer.status_code, answer.json()["code"]) == (409, "phone.held_elsewhere")
    assert Phone.objects.get(number=kossi.user.phone).user == kossi.user


def test_the_list_of_numbers_costs_the_same_for_one_and_many(
    ama, django_assert_max_num_queries
):
    now = clock.now()
    for index in range(8):
        Phone(user=ama.user, number=f"+22901960001{index:02d}", verified_at=now).save()
    with django_assert_max_num_queries(2):
        assert len(ama.get(PHONES).json()["data"]) == 9
