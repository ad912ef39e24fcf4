"""Signing in and out over HTTP."""

from uuid import UUID

import pytest

from accounts.models import CodeRequest, Session, User
from accounts.services.signing_in.codes import mint_code
from accounts.tests.sign_ins import DEVICE, used_device
from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.core.limits import RateWindow
from lokahome.tests.people import PASSWORD

REQUESTS = "/api/v1/auth/otp-requests"
VERIFICATIONS = "/api/v1/auth/otp-verifications"
LOGIN = "/api/v1/auth/login"
REFRESH = "/api/v1/auth/token/refresh"
ME = "/api/v1/me"


def bearer(access):
    return {"HTTP_AUTHORIZATION": f"Bearer {access}"}


def asked(client, phone="01 97 00 00 01", **kwargs):
    answer = client.post(REQUESTS, {"phone": phone, **kwargs})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def code_of(request_id):
    return mint_code(request_id=UUID(str(request_id)), now=clock.now())


def signed_up(client):
    request = asked(client)
    body = {"request_id": request["id"], "code": code_of(request["id"])}
    answer = client.post(VERIFICATIONS, body)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_a_person_signs_up_with_a_code_and_reads_who_they_are(db, anonymous):
    session = signed_up(anonymous)
    assert session["is_new"] is True
    assert session["user"]["phone"] == "+2290197000001"
    assert [role["role"] for role in session["user"]["roles"]] == ["tenant"]
    me = anonymous.get(ME, **bearer(session["access"]))
    assert me.json()["id"] == session["user"]["id"]


def test_signing_in_sets_no_cookie(db, anonymous):
    signed_up(anonymous)
    assert not anonymous.cookies


def test_known_and_unknown_numbers_get_the_same_answer(ama, anonymous):
    known = asked(anonymous, ama.user.phone)
    unknown = asked(anonymous, "+2290197000088")
    assert known.keys() == unknown.keys() == {"id", "phone", "expires_at"}
    sizes = {len(str(item)) for item in (known, unknown)}
    assert len(sizes) == 1


def test_a_request_may_bring_its_own_id_and_be_repeated(db, anonymous):
    request_id = str(uuid7())
    first = asked(anonymous, id=request_id)
    second = asked(anonymous, id=request_id)
    assert first == second
    assert first["id"] == request_id
    assert CodeRequest.objects.count() == 1


def test_an_id_that_was_used_for_another_number_is_refused(db, anonymous):
    request_id = asked(anonymous)["id"]
    answer = anonymous.post(REQUESTS, {"id": request_id, "phone": "+2290197000002"})
    assert (answer.status_code, answer.json()["code"]) == (
        422,
        "code.request_id_taken",
    )


def test_the_language_of_the_message_is_the_askers(db, anonymous):
    request = anonymous.post(
        REQUESTS, {"phone": "0197000001"}, HTTP_ACCEPT_LANGUAGE="en"
    ).json()
    assert CodeRequest.objects.get(pk=request["id"]).language == "en"


@pytest.mark.parametrize(
    "phone", ["", "12", "+12025550123", "97" * 10, None, {"a": 1}, "+229019700000\x00"]
)
def test_what_is_no_number_is_a_422_that_points_at_it(db, anonymous, phone):
    answer = anonymous.post(REQUESTS, {"phone": phone})
    assert answer.status_code in {400, 422}
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["pointer"] == "/phone"
    assert not CodeRequest.objects.exists()


def test_the_fourth_request_says_when_to_come_back(db, anonymous):
    for _ in range(3):
        asked(anonymous)
    answer = anonymous.post(REQUESTS, {"phone": "0197000001"})
    assert answer.status_code == 429
    assert answer.json()["code"] == "rate.limited"
    assert 0 < int(answer["Retry-After"]) <= 601


def test_a_forged_address_does_not_get_round_the_limit(db, anonymous):
    for index in range(30):
        anonymous.post(
            REQUESTS,
            {"phone": f"+22901970001{index:02d}"},
            HTTP_X_FORWARDED_FOR=f"192.0.2.{index}",
        )
    answer = anonymous.post(
        REQUESTS, {"phone": "+2290197000199"}, HTTP_X_FORWARDED_FOR="192.0.2.200"
    )
    assert answer.status_code == 429


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", 1.5]
)
def test_what_is_no_code_costs_no_try(db, anonymous, code):
    request_id = asked(anonymous)["id"]
    code_of(request_id)
    answer = anonymous.post(VERIFICATIONS, {"request_id": request_id, "code": code})
    assert answer.status_code == 422
    assert CodeRequest.objects.get().tries == 0


def test_a_wrong_code_is_a_422_and_a_spent_one_a_410(db, anonymous):
    request_id = asked(anonymous)["id"]
    right = code_of(request_id)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    body = {"request_id": request_id, "code": wrong}
    for _ in range(5):
        answer = anonymous.post(VERIFICATIONS, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "code.wrong")
    answer = anonymous.post(VERIFICATIONS, {**body, "code": right})
    assert (answer.status_code, answer.json()["code"]) == (410, "code.spent")
    unknown = anonymous.post(VERIFICATIONS, {**body, "request_id": str(uuid7())})
    assert unknown.json()["code"] == "code.spent"
    assert not User.objects.exists()


@pytest.mark.parametrize("door", [REQUESTS, VERIFICATIONS, LOGIN, REFRESH])
def test_the_open_doors_read_no_token(db, anonymous, door):
    answer = anonymous.post(door, {}, **bearer("nonsense"))
    assert answer.status_code == 422


# --- Password -----------------------------------------------------------------------------


def with_password(person):
    person.user.set_password(PASSWORD)
    person.user.save(update_fields={"password"})
    return person


@pytest.mark.parametrize("written", ["moderator", " moderator "])
def test_the_password_of_staff_opens_nothing_and_is_not_confirmed(
    moderator, anonymous, written
):
    """403 for the right one told guessers, away from the back-office, that it was."""
    answers = [
        anonymous.post(LOGIN, {"username": name, "password": password})
        for name, password in [
            (written, PASSWORD),
            (written, "wrong"),
            ("nobody", PASSWORD),
        ]
    ]
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["code"] == "auth.credentials_wrong"
    assert not Session.objects.exists()
    assert not anonymous.cookies


@pytest.mark.parametrize("written", ["+2290197000001", "01 97 00 00 01", "97000001"])
def test_people_sign_in_with_their_number_and_password(ama, anonymous, written):
    with_password(ama)
    answer = anonymous.post(LOGIN, {"username": written, "password": PASSWORD})
    assert answer.json()["user"]["id"] == str(ama.id)


def test_wrong_unknown_closed_and_passwordless_look_the_same(
    ama, kossi, afi, anonymous
):
    with_password(ama)
    with_password(kossi)
    User.objects.filter(pk=kossi.id).update(is_active=False)
    answers = [
        anonymous.post(LOGIN, {"username": name, "password": password})
        for name, password in [
            (ama.user.phone, "wrong"),
            ("nobody", PASSWORD),
            (kossi.user.phone, PASSWORD),
            (afi.user.phone, PASSWORD),
        ]
    ]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["code"] == "auth.credentials_wrong"


def test_a_released_number_opens_nothing(ama, anonymous):
    with_password(ama)
    number = ama.user.phone
    ama.user.phones.update(released_at=clock.now())
    answer = anonymous.post(LOGIN, {"username": number, "password": PASSWORD})
    assert answer.status_code == 401


def test_the_eleventh_try_of_a_password_waits(moderator, anonymous):
    for _ in range(10):
        anonymous.post(LOGIN, {"username": "moderator", "password": "wrong"})
    answer = anonymous.post(LOGIN, {"username": "Moderator", "password": PASSWORD})
    assert answer.status_code == 429


def test_what_names_nobody_is_refused_before_it_is_counted(db, anonymous):
    """Ten empty names in the world made the eleventh, anybody's, a 429."""
    for body in ({}, {"username": ""}, {"username": " ", "password": "x"}) * 5:
        assert anonymous.post(LOGIN, body).status_code == 422
    assert not RateWindow.objects.exists()


def test_a_right_password_is_no_try(ama, anonymous):
    with_password(ama)
    for _ in range(12):
        answer = anonymous.post(
            LOGIN, {"username": ama.user.phone, "password": PASSWORD}
        )
        assert answer.status_code == 200


def test_strangers_shut_no_known_device_out(ama, anonymous):
    """Ten wrong passwords a quarter, from anywhere, kept its person out for ever."""
    used_device(with_password(ama).user, DEVICE)
    body = {"username": ama.user.phone, "password": "wrong"}
    answers = [anonymous.post(LOGIN, body).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    right = {**body, "password": PASSWORD}
    assert anonymous.post(LOGIN, right).status_code == 429
    mine = anonymous.post(LOGIN, right, HTTP_LOKAHOME_DEVICE=str(DEVICE))
    assert mine.status_code == 200


def test_blanks_around_a_handle_are_no_other_person(moderator, anonymous):
    for place in range(10):
        written = f"{' ' * (place * 9)}moderator\u2003\t"
        anonymous.post(LOGIN, {"username": written, "password": "wrong"})
    answer = anonymous.post(LOGIN, {"username": " moderator", "password": PASSWORD})
    assert answer.status_code == 429


@pytest.mark.parametrize("digits", ["97000001", "97000077"], ids=["known", "unknown"])
def test_another_writing_of_a_number_is_no_other_person(ama, anonymous, digits):
    """Nor does the limit tell which numbers have an account."""
    with_password(ama)
    for place in range(1, 8):
        written = f"01{digits[:place]} {digits[place:]}"
        anonymous.post(LOGIN, {"username": written, "password": "wrong"})
    for written in (digits, f"229{digits}", f"+22901{digits}"):
        anonymous.post(LOGIN, {"username": written, "password": "wrong"})
    answer = anonymous.post(LOGIN, {"username": f"01-{digits}", "password": PASSWORD})
    assert answer.status_code == 429
