"""Refresh tokens as rows: one successor, a grace for lost answers, no second life."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.api.tokens import RefreshRefused, issue_tokens, rotate_tokens
from accounts.models import RefreshToken, Session
from accounts.models.session import device_digest
from accounts.queries.signing_in import knows_device
from accounts.services.signing_in import refreshing
from accounts.services.signing_in.refreshing import GRACE
from accounts.services.signing_in.sessions import end_sessions, forget_device
from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.people import make_person
from lokahome.tests.threads import race

SECOND = timedelta(seconds=1)


def opened(person, now, device=None):
    """Return the pair of a new session of *person*, and the session."""
    pair = issue_tokens(person.user, device_key=device, now=now)
    return pair, Session.objects.filter(user=person.user).latest("id")


def told():
    return set(OutboxEvent.objects.values_list("name", flat=True))


def test_the_grace_ends_after_sixty_seconds_and_with_it_the_session(ama):
    now = clock.now()
    pair, session = opened(ama, now)
    successor = rotate_tokens(pair.refresh, now=now)
    assert rotate_tokens(pair.refresh, now=now + GRACE) == successor
    with pytest.raises(RefreshRefused):
        rotate_tokens(pair.refresh, now=now + GRACE + SECOND)
    session.refresh_from_db()
    assert session.end_reason == Session.EndReason.REUSED
    assert {"accounts.refresh_reused", "accounts.sessions_ended"} <= told()
    with pytest.raises(RefreshRefused):
        rotate_tokens(successor.refresh, now=now + GRACE + SECOND)


def test_a_thief_who_was_first_ends_the_session_as_well(ama):
    """Who came first cannot be known: whoever comes second ends it for both."""
    now, device = clock.now(), uuid4()
    stolen, _session = opened(ama, now, device)
    thief = rotate_tokens(stolen.refresh, device_key=device, now=now + 60 * SECOND)
    with pytest.raises(RefreshRefused):
        rotate_tokens(stolen.refresh, device_key=device, now=now + 3600 * SECOND)
    with pytest.raises(RefreshRefused):
        rotate_tokens(thief.refresh, device_key=device, now=now + 3601 * SECOND)


@pytest.mark.parametrize(("bound", "given_key"), [("one", "two"), ("one", None)])
def test_a_token_belongs_to_its_device(ama, bound, given_key):
    keys = {"one": uuid4(), "two": uuid4(), None: None}
    now = clock.now()
    pair, session = opened(ama, now, keys[bound])
    with pytest.raises(RefreshRefused):
        rotate_tokens(pair.refresh, device_key=keys[given_key], now=now)
    session.refresh_from_db()
    assert session.end_reason == Session.EndReason.REUSED


def test_an_app_that_names_its_device_late_is_no_thief(ama):
    """Its header came with an upgrade, or a proxy lost it once."""
    now, device = clock.now(), uuid4()
    pair, session = opened(ama, now)
    successor = rotate_tokens(pair.refresh, device_key=device, now=now)
    assert rotate_tokens(pair.refresh, device_key=device, now=now) == successor
    session.refresh_from_db()
    assert session.ended_at is None
    assert session.device.key_digest == device_digest(device)
    assert not knows_device(ama.id, device, now), "nobody proved anything on it"
    with pytest.raises(RefreshRefused):
        rotate_tokens(successor.refresh, device_key=uuid4(), now=now)


def test_a_used_token_of_no_device_is_nobody_elses_for_a_minute(ama):
    now = clock.now()
    pair, session = opened(ama, now)
    rotate_tokens(pair.refresh, now=now)
    with pytest.raises(RefreshRefused):
        rotate_tokens(pair.refresh, device_key=uuid4(), now=now)
    session.refresh_from_db()
    assert (session.end_reason, session.device) == (Session.EndReason.REUSED, None)


def order_of_writes(act):
    """Return the tables that *act* locks or changes, in the order of the first time."""
    names = {"user": "person", "session": "session", "device": "device"}
    found = []
    with CaptureQueriesContext(connection) as queries:
        act()
    for query in queries:
        sql = query["sql"]
        table = re.search(r'(?:FROM|UPDATE) "accounts_(user|session|device)"', sql)
        writes = sql.startswith("UPDATE") or "FOR NO KEY UPDATE" in sql
        if table and writes and names[table[1]] not in found:
            found.append(names[table[1]])
    return found


def test_a_refresh_and_the_ends_lock_in_one_order(ama):
    """Opposite orders are a deadlock: a refresh that is answered by 503."""
    now, device = clock.now(), uuid4()
    pair, session = opened(ama, now, device)
    later = now + SECOND
    one_order = ["person", "session", "device"]
    acts = (
        lambda: rotate_tokens(pair.refresh, device_key=device, now=later),
        lambda: end_sessions(
            user_id=ama.id, reason="everywhere", now=later, asked_in=None
        ),
        lambda: forget_device(device_id=session.device_id, user_id=ama.id, now=later),
    )
    for act in acts:
        order = order_of_writes(act)
        assert order == [name for name in one_order if name in order]
        assert order[0] == "person"
        assert len(order) > 1


def test_a_refused_copy_tells_once(ama):
    now = clock.now()
    pair, _session = opened(ama, now)
    rotate_tokens(pair.refresh, now=now)
    for _ in range(3):
        with pytest.raises(RefreshRefused):
            rotate_tokens(pair.refresh, now=now + 2 * GRACE)
    reused = OutboxEvent.objects.filter(name="accounts.refresh_reused")
    assert reused.count() == 1


def test_an_ended_session_and_an_expired_token_have_no_successor(ama):
    now = clock.now()
    pair, session = opened(ama, now)
    with pytest.raises(RefreshRefused):
        rotate_tokens(pair.refresh, now=now + refreshing.LIFETIME)
    end_sessions(user_id=ama.id, reason="everywhere", now=now)
    with pytest.raises(RefreshRefused):
        rotate_tokens(pair.refresh, now=now)
    assert session.tokens.count() == 1
    assert "accounts.refresh_reused" not in told()


def test_each_refresh_carries_the_session_on(ama):
    now = clock.now()
    pair, session = opened(ama, now, device := uuid4())
    later = now + timedelta(days=20)
    rotate_tokens(pair.refresh, device_key=device, now=later)
    session.refresh_from_db()
    assert session.expires_at - later > timedelta(days=29)
    assert session.last_used_at == session.device.last_seen_at == later


def test_the_database_holds_one_unused_token_a_session(ama):
    _pair, session = opened(ama, clock.now())
    token = session.tokens.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        RefreshToken(
            session=session,
            jti=uuid4(),
            key_id=token.key_id,
            issued_at=token.issued_at,
            expires_at=token.expires_at,
        ).save()


def race_of_twenty(ama):
    now, device = clock.now(), uuid4()
    pair, session = opened(ama, now, device)
    results = race(
        20, lambda _: rotate_tokens(pair.refresh, device_key=device, now=clock.now())
    )
    return results, session


def test_twenty_refreshes_at_once_give_one_successor(committed, ama):
    results, session = race_of_twenty(ama)
    assert len({getattr(item, "refresh", item) for item in results}) == 1, results
    assert session.tokens.count() == 2
    session.refresh_from_db()
    assert session.ended_at is None


def test_control_without_the_lock_twenty_are_not_served_alike(
    committed, ama, monkeypatch
):
    """The race above is real: everybody reads the unused token before one marks it."""
    import threading

    gate = threading.Barrier(20)

    def unlocked(session_id):
        rows = Session.objects.select_related("user", "device")
        return rows.filter(pk=session_id).first()

    def goes_on(*_arguments):
        gate.wait(30)
        return True

    monkeypatch.setattr(refreshing, "_lock_person_of", lambda session_id: None)
    monkeypatch.setattr(refreshing, "_locked_session", unlocked)
    monkeypatch.setattr(refreshing, "_goes_on", goes_on)
    results, _session = race_of_twenty(ama)
    assert len({str(getattr(item, "refresh", item)) for item in results}) > 1


def test_an_end_and_a_refresh_at_once_leave_nothing_alive(committed, ama):
    now = clock.now()
    for _ in range(5):
        pair, session = opened(ama, now)

        def act(index, pair=pair):
            if index:
                return rotate_tokens(pair.refresh, now=clock.now())
            return end_sessions(user_id=ama.id, reason="everywhere", now=clock.now())

        race(4, act)
        session.refresh_from_db()
        assert session.ended_at is not None
        newest = session.tokens.get(used_at=None)
        with pytest.raises(RefreshRefused):
            refreshing.exchange(
                jti=newest.jti,
                session_id=session.pk,
                device_key=None,
                key_id=newest.key_id,
                now=clock.now(),
            )


class AnyHistory(TestCase):
    """Whatever tokens are shown whenever, a family never branches."""

    @given(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 90), st.booleans()), max_size=12
        )
    )
    def test_a_family_is_a_line(self, shown):
        user = make_person(name="Ama", phone="+2290197000001", roles=("tenant",))
        now, device = clock.now(), uuid4()
        tokens = [issue_tokens(user, device_key=device, now=now).refresh]
        for index, seconds, is_hers in shown:
            now += seconds * SECOND
            raw = tokens[min(index, len(tokens) - 1)]
            key = device if is_hers else uuid4()
            try:
                pair = rotate_tokens(raw, device_key=key, now=now)
            except RefreshRefused:
                break
            assert is_hers
            if pair.refresh not in tokens:
                assert raw == tokens[-1], "an old token got a new successor"
                tokens.append(pair.refresh)
        else:
            assert Session.objects.get(user=user).ended_at is None
        rows = RefreshToken.objects.filter(session__user=user)
        assert rows.filter(used_at=None).count() == 1
        assert rows.count() == len(tokens)


def test_a_session_makes_so_many_pairs_an_hour(ama, monkeypatch):
    """Each is a row for thirty days: a loop would fill the table."""
    monkeypatch.setattr(refreshing, "PAIRS_AN_HOUR", 3)
    now = clock.now()
    pair, session = opened(ama, now)
    for _ in range(3):
        pair = rotate_tokens(pair.refresh, now=now)
    with pytest.raises(RateLimited):
        rotate_tokens(pair.refresh, now=now)
    assert RefreshToken.objects.filter(session=session).count() == 4
    session.refresh_from_db()
    assert session.ended_at is None
    rotate_tokens(pair.refresh, now=now + timedelta(hours=1, seconds=1))
