"""One's own e-mail addresses over HTTP."""

from uuid import uuid4

import pytest

from accounts.models import Email, Session
from accounts.queries.people import email_of
from accounts.services.people.email_addresses import mint_email_code
from accounts.tests.sign_ins import give_email, letter_code
from lokahome.core import clock
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import long_silent

EMAILS = "/api/v1/me/emails"


def claim(client, address="ama@example.org", key=None):
    return client.post(
        EMAILS,
        {"address": address},
        headers={"Idempotency-Key": str(key or uuid4())},
    )


def prove(client, email_id, code):
    return client.post(f"{EMAILS}/{email_id}/verification", {"code": code})


def minted(email_id):
    return mint_email_code(email_id=email_id, now=clock.now())


def test_an_address_is_claimed_then_proved(ama):
    answer = claim(ama, "Ama@Example.org")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["address"], body["is_current"]) == ("ama@example.org", False)
    assert ama.get(answer["Location"]).json() == body
    done = prove(ama, body["id"], minted(body["id"]))
    assert (done.status_code, done.json()["is_current"]) == (200, True)
    assert email_of(ama.id) == "ama@example.org"
    assert [row["is_current"] for row in ama.get(EMAILS).json()["data"]] == [True]


def test_the_same_key_sends_one_letter(ama):
    key = uuid4()
    assert claim(ama, key=key).json()["id"] == claim(ama, key=key).json()["id"]
    assert OutboxEvent.objects.count() == Email.objects.count() == 1


def test_a_claim_without_a_key_is_refused(ama):
    assert ama.post(EMAILS, {"address": "ama@example.org"}).status_code == 400
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ama",
        "ama@",
        "@example.org",
        "ama@example.org\nBcc: all@example.org",
        "a b@example.org",
        "ama@example.org, kossi@example.org",
        "a\x00@example.org",
        f"{'a' * 250}@example.org",
        None,
        ["ama@example.org"],
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_stored(ama, address):
    assert claim(ama, address).status_code in {400, 422}
    assert not Email.objects.exists()


def test_visitors_claim_and_read_nothing(db, anonymous):
    assert anonymous.get(EMAILS).status_code == 401
    assert claim(anonymous).status_code == 401


def test_everybody_sees_and_proves_their_own_only(ama, stranger, moderator):
    answer = claim(ama)
    email_id = answer.json()["id"]
    code = minted(email_id)
    assert stranger.get(EMAILS).json()["data"] == []
    assert moderator.get(EMAILS).status_code == 401
    for other, status in ((stranger, 404), (moderator, 401)):
        assert other.get(answer["Location"]).status_code == status
        assert prove(other, email_id, code).status_code == status
    assert Email.objects.get().tries == 0


def test_wrong_codes_are_counted_and_the_sixth_finds_nothing(ama):
    email_id = claim(ama).json()["id"]
    code = minted(email_id)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answers = [prove(ama, email_id, wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [410]
    assert answers[0].json()["code"] == "code.wrong"
    assert "courriel" in answers[0].json()["detail"]
    assert prove(ama, email_id, code).status_code == 410
    assert email_of(ama.id) is None


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", None, 123456.5, ""])
def test_what_is_no_code_costs_no_try(ama, code):
    email_id = claim(ama).json()["id"]
    minted(email_id)
    assert prove(ama, email_id, code).status_code == 422
    assert Email.objects.get().tries == 0


def test_the_list_costs_a_constant_number_of_queries(
    ama, django_assert_max_num_queries
):
    for number in range(10):
        Email(
            user=ama.user,
            address=f"a{number}@example.org",
            expires_at=clock.now(),
            released_at=clock.now(),
        ).save()
    with django_assert_max_num_queries(3):
        assert len(ama.get(EMAILS).json()["data"]) == 10


def test_an_address_is_taken_off_by_its_person_only(ama, kossi, anonymous):
    email_id = claim(ama).json()["id"]
    prove(ama, email_id, minted(email_id))
    path = f"{EMAILS}/{email_id}"
    assert kossi.delete(path).status_code == 404
    assert anonymous.delete(path).status_code == 401
    assert email_of(ama.id) == "ama@example.org"
    assert [ama.delete(path).status_code for _ in range(2)] == [204, 204]
    assert email_of(ama.id) is None


def test_taking_an_address_off_needs_a_recent_proof(ama):
    email_id = claim(ama).json()["id"]
    prove(ama, email_id, minted(email_id))
    long_silent(ama.user)
    answer = ama.delete(f"{EMAILS}/{email_id}")
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.proof_needed")
    assert email_of(ama.id) == "ama@example.org"


def test_claiming_and_proving_an_address_need_a_recent_proof(ama, kossi):
    # A live token alone put an address of the thief's in the place of the owner's.
    give_email(ama.user, "owner@example.org")
    body = claim(ama, "mine@example.org").json()
    code = minted(body["id"])
    long_silent(ama.user)
    for answer in (prove(ama, body["id"], code), claim(ama, "thief@example.org")):
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.proof_needed")
        assert answer.json()["methods"] == ["email_code"]
    assert email_of(ama.id) == "owner@example.org"
    assert Email.objects.get(pk=body["id"]).tries == 0
    assert not Email.objects.filter(address="thief@example.org").exists()


def test_a_first_address_needs_nothing_but_a_code_to_the_only_number(ama):
    long_silent(ama.user)
    assert claim(ama).json()["methods"] == ["sms_code"]
    session = Session.objects.get(user=ama.user)
    assert ama.post("/api/v1/me/proof-codes", {"method": "sms_code"}).status_code == 201
    proof = {"method": "sms_code", "value": letter_code(session.pk)}
    assert ama.post("/api/v1/me/proofs", proof).status_code == 200
    body = claim(ama).json()
    assert prove(ama, body["id"], minted(body["id"])).status_code == 200
    assert email_of(ama.id) == "ama@example.org"


def test_a_claim_is_given_up(ama):
    email_id = claim(ama).json()["id"]
    code = minted(email_id)
    assert ama.delete(f"{EMAILS}/{email_id}").status_code == 204
    assert prove(ama, email_id, code).status_code == 410
