"""Tokens over HTTP: what is signed, what is refused, what a lost answer costs."""

from datetime import timedelta
from uuid import uuid4

import jwt
import pytest
from django.conf import settings as django_settings

from accounts.api.signing import Access, KeyringBackend, signing_key_id
from accounts.api.tokens import StaffDoor, issue_tokens
from accounts.models import RefreshToken, Session, User
from accounts.services.signing_in import refreshing
from lokahome.core import clock
from lokahome.core.ids import uuid7

REFRESH = "/api/v1/auth/token/refresh"
ME = "/api/v1/me"


def bearer(access):
    return {"HTTP_AUTHORIZATION": f"Bearer {access}"}


def refreshed(client, refresh, device=None):
    headers = {"LokaHome-Device": str(device)} if device else {}
    return client.post(REFRESH, {"refresh": refresh}, headers=headers)


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_a_refresh_token_gives_the_next_pair(ama, anonymous):
    pair = issue_tokens(ama.user)
    answer = refreshed(anonymous, pair.refresh)
    assert answer.status_code == 200
    assert answer.json()["refresh"] != pair.refresh
    assert anonymous.get(ME, **bearer(answer.json()["access"])).status_code == 200
    assert refreshed(anonymous, answer.json()["refresh"]).status_code == 200


def test_a_lost_answer_is_given_again_to_the_letter(ama, anonymous):
    device = uuid4()
    pair = issue_tokens(ama.user, device_key=device)
    first = refreshed(anonymous, pair.refresh, device)
    assert refreshed(anonymous, pair.refresh, device).json() == first.json()
    assert RefreshToken.objects.filter(session__device__isnull=False).count() == 2


def test_a_copy_on_another_device_ends_the_session(ama, anonymous):
    device = uuid4()
    pair = issue_tokens(ama.user, device_key=device)
    assert refreshed(anonymous, pair.refresh, uuid4()).status_code == 401
    assert refreshed(anonymous, pair.refresh, device).status_code == 401
    assert anonymous.get(ME, **bearer(pair.access)).status_code == 401
    session = Session.objects.get(device__isnull=False)
    assert session.end_reason == Session.EndReason.REUSED


def test_the_database_keeps_no_token(ama, anonymous):
    pair = issue_tokens(ama.user)
    refreshed(anonymous, pair.refresh)
    rows = str(list(RefreshToken.objects.values())) + str(
        list(Session.objects.values())
    )
    for token in (pair.access, pair.refresh):
        assert not any(part in rows for part in token.split("."))


def test_a_closed_account_refreshes_nothing_and_reads_nothing(ama, anonymous):
    pair = issue_tokens(ama.user)
    User.objects.filter(pk=ama.id).update(is_active=False)
    assert refreshed(anonymous, pair.refresh).status_code == 401
    assert ama.get(ME).status_code == 401
    assert not RefreshToken.objects.exclude(used_at=None).exists()


def test_staff_get_no_token_and_whoever_joins_the_staff_keeps_none(ama, moderator):
    with pytest.raises(StaffDoor):
        issue_tokens(moderator.user)
    assert moderator.get(ME).status_code == 401, "the back-office's cookie opens no API"
    pair = issue_tokens(ama.user)
    User.objects.filter(pk=ama.id).update(is_staff=True)
    assert ama.get(ME).status_code == 401
    assert refreshed(ama, pair.refresh).status_code == 401


# --- Forgeries ----------------------------------------------------------------------------


def forged(person, kind, **changes):
    """Return a token of *person*'s own session, changed, signed by our key unless told.

    A claim that is None is left out.
    """
    row = RefreshToken.objects.filter(session__user=person.user).latest("id")
    ring = django_settings.JWT_SIGNING_KEYS
    key = changes.pop("key", ring[signing_key_id()])
    algorithm = changes.pop("algorithm", "HS256")
    kid = changes.pop("kid", signing_key_id())
    now = int(clock.now().timestamp())
    claims = {
        "typ": kind,
        "iat": now,
        "exp": now + 600,
        "jti": row.jti.hex,
        "sub": str(row.session.user_id),
        "sid": str(row.session_id),
        "iss": "lokahome",
        "aud": "lokahome-api",
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


OTHER = {"access": "refresh", "refresh": "access"}
FORGERIES = {
    "no signature": lambda ama, kind: forged(ama, kind, key=None, algorithm="none"),
    "another key": lambda ama, kind: forged(ama, kind, key="k" * 40),
    "another algorithm": lambda ama, kind: forged(ama, kind, algorithm="HS512"),
    "an unknown kid": lambda ama, kind: forged(ama, kind, kid="9"),
    "no kid": lambda ama, kind: forged(ama, kind, kid=None),
    "another audience": lambda ama, kind: forged(ama, kind, aud="other"),
    "another issuer": lambda ama, kind: forged(ama, kind, iss="other"),
    "another kind": lambda ama, kind: forged(ama, OTHER[kind]),
    "an end that is past": lambda ama, kind: forged(ama, kind, exp=1),
    "no end": lambda ama, kind: forged(ama, kind, exp=None),
    "a start to come": lambda ama, kind: forged(ama, kind, iat=32_503_680_000),
    "no session": lambda ama, kind: forged(ama, kind, sid=None),
    "a session of nobody": lambda ama, kind: forged(ama, kind, sid=str(uuid7())),
    "an id of nothing": lambda ama, kind: forged(ama, kind, jti=None),
    "a body changed": lambda ama, kind: tampered(forged(ama, kind)),
    "words": lambda ama, kind: "a.b.c",
}


def tampered(token):
    head, body, mark = token.split(".")
    return ".".join([head, body[:-2] + ("AA" if body[-2:] != "AA" else "BB"), mark])


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_opens_nothing_and_ends_nothing(ama, anonymous, name):
    make = FORGERIES[name]
    assert anonymous.get(ME, **bearer(make(ama, "access"))).status_code == 401
    answer = refreshed(anonymous, make(ama, "refresh"))
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.refresh_refused")
    assert ama.session.ended_at is None
    assert not RefreshToken.objects.exclude(used_at=None).exists()


def test_control_the_same_tokens_unchanged_are_taken(ama, anonymous):
    assert anonymous.get(ME, **bearer(forged(ama, "access"))).status_code == 200
    assert refreshed(anonymous, forged(ama, "refresh")).status_code == 200


def test_a_token_of_one_session_does_not_pass_for_another_person(ama, kossi, anonymous):
    swapped = forged(ama, "access", sub=str(kossi.id))
    assert anonymous.get(ME, **bearer(swapped)).status_code == 401
    stolen = forged(ama, "refresh", sid=str(kossi.session.pk))
    assert refreshed(anonymous, stolen).status_code == 401
    assert Session.objects.filter(ended_at=None).count() == 2


@pytest.mark.parametrize("text", ["", " ", "é" * 30, "x" * 1999, "\x00", None, 5, []])
def test_what_is_no_token_is_refused(db, anonymous, text):
    answer = anonymous.post(REFRESH, {"refresh": text})
    assert answer.status_code in {400, 401, 422}


def test_a_bearer_of_strange_bytes_is_a_stranger(db, anonymous):
    for header in ("Bearer é", "Bearer", "Bearer a b", "Token x"):
        assert anonymous.get(ME, HTTP_AUTHORIZATION=header).status_code == 401


# --- Keys and times -----------------------------------------------------------------------


def test_a_new_key_signs_and_the_old_one_is_still_read(ama, anonymous, settings):
    before = issue_tokens(ama.user)
    ring = settings.JWT_SIGNING_KEYS
    settings.JWT_SIGNING_KEYS = {"new": "n" * 40, **ring}
    after = issue_tokens(ama.user)
    assert jwt.get_unverified_header(after.access)["kid"] == "new"
    for pair in (before, after):
        assert anonymous.get(ME, **bearer(pair.access)).status_code == 200
    first = refreshed(anonymous, before.refresh).json()
    assert jwt.get_unverified_header(first["refresh"])["kid"] == "new"
    settings.JWT_SIGNING_KEYS = {"new": "n" * 40}
    assert anonymous.get(ME, **bearer(before.access)).status_code == 401
    assert anonymous.get(ME, **bearer(after.access)).status_code == 200


def test_a_lost_answer_is_the_same_though_the_key_changed(ama, anonymous, settings):
    pair = issue_tokens(ama.user)
    first = refreshed(anonymous, pair.refresh).json()
    settings.JWT_SIGNING_KEYS = {"new": "n" * 40, **settings.JWT_SIGNING_KEYS}
    assert refreshed(anonymous, pair.refresh).json() == first


def test_a_key_that_left_the_ring_signs_nothing_again(ama, anonymous, settings):
    pair = issue_tokens(ama.user)
    refreshed(anonymous, pair.refresh)
    RefreshToken.objects.update(key_id="gone")
    answer = refreshed(anonymous, pair.refresh)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.refresh_refused")


def test_access_lasts_fifteen_minutes_and_refresh_thirty_days(ama):
    pair = issue_tokens(ama.user)
    left = pair.access_expires_at - clock.now()
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    left = pair.refresh_expires_at - clock.now()
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert django_settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"] == refreshing.LIFETIME
    for token, end in (
        (pair.access, pair.access_expires_at),
        (pair.refresh, pair.refresh_expires_at),
    ):
        assert claims_of(token)["exp"] == int(end.timestamp())


def test_simplejwts_own_maker_makes_nothing_that_opens(ama, anonymous):
    """A token without our session is refused, whoever in the code may sign it."""
    assert anonymous.get(ME, **bearer(Access.for_user(ama.user))).status_code == 401
    text = KeyringBackend().encode({"sub": str(ama.id), "typ": "access"})
    assert anonymous.get(ME, **bearer(text)).status_code == 401
