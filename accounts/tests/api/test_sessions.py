"""Sessions and devices over HTTP: seeing one's own, ending them at once."""

from uuid import uuid4

import pytest

from accounts.api.tokens import issue_tokens
from accounts.models import Device, Session, User
from accounts.queries.signing_in import knows_device
from accounts.services.signing_in.sessions import end_sessions
from lokahome.core import clock
from lokahome.tests.people import sign_in

SESSIONS = "/api/v1/me/sessions"
DEVICES = "/api/v1/me/devices"
EVERYWHERE = "/api/v1/auth/logout-everywhere"
LOGOUT = "/api/v1/auth/logout"
REFRESH = "/api/v1/auth/token/refresh"
ME = "/api/v1/me"


def bearer(pair):
    return {"HTTP_AUTHORIZATION": f"Bearer {pair.access}"}


def opened(person, device=None, name=""):
    """Return the pair and the row of another session of *person*."""
    pair = issue_tokens(person.user, device_key=device, device_name=name)
    return pair, Session.objects.filter(user=person.user).latest("id")


def test_one_sees_where_one_is_signed_in(ama, stranger):
    opened(ama, uuid4(), "Téléphone d’Ama")
    rows = ama.get(SESSIONS).json()["data"]
    assert [row["is_current"] for row in rows] == [False, True]
    assert rows[0]["device"]["name"] == "Téléphone d’Ama"
    assert rows[0]["device"]["is_known"] is True
    assert rows[1]["device"] is None
    assert len(stranger.get(SESSIONS).json()["data"]) == 1
    assert "digest" not in str(rows)


def test_a_session_that_ended_or_expired_is_not_listed(ama):
    _pair, first = opened(ama)
    _pair, second = opened(ama)
    end_sessions(user_id=ama.id, reason="revoked", keep=ama.session.pk, now=clock.now())
    Session.objects.filter(pk=second.pk).update(
        started_at=first.started_at.replace(year=2020),
        expires_at=first.started_at.replace(year=2021),
    )
    kept = Session.objects.alive(clock.now()).filter(user=ama.user)
    shown = {row["id"] for row in sign_in(ama.user).get(SESSIONS).json()["data"]}
    assert shown == {str(row.pk) for row in kept}


def test_an_ended_session_opens_nothing_from_the_next_request_on(ama, anonymous):
    pair, session = opened(ama)
    assert anonymous.get(ME, **bearer(pair)).status_code == 200
    assert ama.delete(f"{SESSIONS}/{session.pk}").status_code == 204
    assert anonymous.get(ME, **bearer(pair)).status_code == 401
    assert anonymous.post(REFRESH, {"refresh": pair.refresh}).status_code == 401
    assert ama.delete(f"{SESSIONS}/{session.pk}").status_code == 204, "safe twice"
    assert ama.get(ME).status_code == 200


@pytest.mark.parametrize("who", ["stranger", "anonymous", "moderator"])
def test_nobody_ends_anothers_session_or_device(request, ama, who):
    pair, session = opened(ama, key := uuid4())
    client = request.getfixturevalue(who)
    expected = 404 if who == "stranger" else 401
    for path in (f"{SESSIONS}/{session.pk}", f"{DEVICES}/{session.device_id}"):
        assert client.delete(path).status_code == expected
    assert client.get(ME, **bearer(pair)).status_code == 200
    assert knows_device(ama.id, key, clock.now())


@pytest.mark.parametrize("path", [SESSIONS, DEVICES])
@pytest.mark.parametrize("who", ["anonymous", "moderator"])
def test_visitors_and_staff_see_none(request, db, who, path):
    assert request.getfixturevalue(who).get(path).status_code == 401
    assert request.getfixturevalue(who).post(EVERYWHERE).status_code == 401


def test_a_forgotten_device_is_out_and_unknown(ama, anonymous):
    pair, session = opened(ama, key := uuid4())
    assert ama.delete(f"{DEVICES}/{session.device_id}").status_code == 204
    assert anonymous.get(ME, **bearer(pair)).status_code == 401
    assert not knows_device(ama.id, key, clock.now())
    (row,) = ama.get(DEVICES).json()["data"]
    assert row["is_known"] is False


def test_signing_out_ends_the_session_that_asks(ama, anonymous):
    other, _session = opened(ama)
    answer = ama.post(LOGOUT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert ama.get(ME).status_code == 401
    assert anonymous.get(ME, **bearer(other)).status_code == 200


def test_signing_out_by_the_refresh_token_ends_its_session(ama, anonymous):
    pair, session = opened(ama)
    assert ama.post(LOGOUT, {"refresh": pair.refresh}).status_code == 204
    assert anonymous.post(REFRESH, {"refresh": pair.refresh}).status_code == 401
    assert anonymous.get(ME, **bearer(pair)).status_code == 401
    session.refresh_from_db()
    assert session.end_reason == Session.EndReason.SIGNED_OUT
    assert ama.get(ME).status_code == 200


def test_signing_out_needs_a_signed_in_person(ama, anonymous):
    pair, _session = opened(ama)
    answer = anonymous.post(LOGOUT, {"refresh": pair.refresh})
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer
    assert anonymous.post(REFRESH, {"refresh": pair.refresh}).status_code == 200


def test_nobody_signs_another_out(ama, stranger, anonymous):
    pair, _session = opened(ama)
    assert stranger.post(LOGOUT, {"refresh": pair.refresh}).status_code == 401
    assert anonymous.post(REFRESH, {"refresh": pair.refresh}).status_code == 200


@pytest.mark.parametrize("body", [{"refresh": None}, {"refresh": 5}, {"refresh": ""}])
def test_signing_out_with_nonsense_is_a_refusal_not_a_fault(ama, body):
    assert ama.post(LOGOUT, body).status_code in {401, 422}
    assert ama.get(ME).status_code == 200


def test_signing_out_is_no_get(ama):
    assert ama.get(LOGOUT).status_code == 405


def test_signing_out_everywhere_ends_this_one_too(ama, kossi, anonymous):
    pairs = [opened(ama, uuid4())[0] for _ in range(3)]
    answer = ama.post(EVERYWHERE)
    assert (answer.status_code, answer.json()) == (200, {"ended": 4})
    assert ama.get(ME).status_code == 401
    for pair in pairs:
        assert anonymous.get(ME, **bearer(pair)).status_code == 401
        assert anonymous.post(REFRESH, {"refresh": pair.refresh}).status_code == 401
    assert kossi.get(ME).status_code == 200


def test_a_suspended_person_is_out_at_once(ama):
    User.objects.filter(pk=ama.id).update(is_active=False)
    assert ama.get(ME).status_code == 401


@pytest.mark.parametrize(("path", "budget"), [(SESSIONS, 2), (DEVICES, 2)])
def test_lists_cost_a_constant_number_of_queries(
    ama, django_assert_max_num_queries, path, budget
):
    for _ in range(10):
        opened(ama, uuid4())
    with django_assert_max_num_queries(budget):
        assert ama.get(path).status_code == 200


def test_the_key_of_a_device_stays_with_its_app(ama):
    key = uuid4()
    opened(ama, key)
    assert str(key) not in str(ama.get(SESSIONS).json()) + str(ama.get(DEVICES).json())
    assert str(key) not in str(list(Device.objects.values()))


@pytest.mark.parametrize("path", [SESSIONS, DEVICES])
def test_an_unknown_parameter_is_refused(ama, path):
    assert ama.get(path, {"user": "all"}).status_code == 400
