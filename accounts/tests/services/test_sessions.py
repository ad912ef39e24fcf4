"""Sessions: opened on a device, ended at once, forgotten in time."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.api.tokens import issue_tokens
from accounts.models import Device, RefreshToken, Session, User
from accounts.queries.signing_in import knows_device, last_active_at
from accounts.services.signing_in import sessions
from accounts.services.signing_in.refreshing import forget_expired_tokens
from accounts.services.signing_in.sessions import (
    end_session,
    end_sessions,
    forget_device,
    forget_past_sessions,
    note_use,
    open_session,
)
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound
from lokahome.core.events.models import OutboxEvent
from lokahome.tests.threads import race

ENDED = "accounts.sessions_ended"


def open_one(person, *, device=None, now=None, name=""):
    return open_session(
        user=person.user,
        method="code",
        device_key=device,
        device_name=name,
        now=now or clock.now(),
    )


def test_a_device_is_known_after_a_sign_in_on_it(ama, kossi):
    key = uuid4()
    assert not knows_device(ama.id, key, clock.now())
    session = open_one(ama, device=key, name="Téléphone d’Ama")
    assert knows_device(ama.id, key, clock.now())
    assert not knows_device(
        kossi.id, key, clock.now()
    ), "a shared phone is a device of each"
    assert not knows_device(ama.id, uuid4(), clock.now())
    assert not knows_device(ama.id, None, clock.now())
    assert session.device.name == "Téléphone d’Ama"
    assert str(key) not in str(Device.objects.values())


def test_the_same_device_is_one_row_and_keeps_its_name(ama):
    key = uuid4()
    first = open_one(ama, device=key, name="Mon téléphone")
    second = open_one(ama, device=key)
    assert first.device_id == second.device_id
    assert second.device.name == "Mon téléphone"
    assert second.device.first_seen_at == first.device.first_seen_at


def test_who_may_not_sign_in_opens_no_session(ama):
    User.objects.filter(pk=ama.id).update(is_active=False)
    before = Session.objects.count()
    with pytest.raises(NotFound):
        open_one(ama)
    assert Session.objects.count() == before


def test_the_last_use_is_written_once_in_five_minutes(ama, django_assert_num_queries):
    now = clock.now()
    session = open_one(ama, now=now)
    with django_assert_num_queries(0):
        note_use(session, now=now + timedelta(minutes=4))
    later = now + timedelta(minutes=6)
    with django_assert_num_queries(1):
        note_use(session, now=later)
        note_use(session, now=later + timedelta(seconds=1))
    assert last_active_at(ama.id) == later


def test_nobody_was_active_before_they_signed_in(moderator):
    assert last_active_at(moderator.id) is None


def test_ending_one_leaves_the_others_and_is_safe_twice(ama):
    one, other = open_one(ama), open_one(ama)
    now = clock.now()
    for _ in range(2):
        ended = end_session(
            session_id=one.pk, user_id=ama.id, reason="revoked", now=now
        )
        now += timedelta(minutes=1)
    assert ended.end_reason == Session.EndReason.REVOKED
    assert ended.ended_at < now - timedelta(minutes=1)
    other.refresh_from_db()
    assert other.ended_at is None
    assert OutboxEvent.objects.filter(name=ENDED).count() == 1
    deeds = AuditEvent.objects.filter(subject=f"session:{one.pk}")
    assert list(deeds.order_by("id").values_list("action", flat=True)) == [
        "session.opened",
        "session.ended",
    ]


def test_somebody_elses_session_does_not_exist(ama, stranger):
    session = open_one(ama)
    with pytest.raises(NotFound):
        end_session(
            session_id=session.pk,
            user_id=stranger.id,
            reason="revoked",
            now=clock.now(),
        )
    session.refresh_from_db()
    assert session.ended_at is None


def test_ending_all_may_keep_one_and_counts_the_others(ama, kossi):
    Session.objects.all().delete()
    kept, _one, _other, theirs = (
        open_one(ama),
        open_one(ama),
        open_one(ama),
        open_one(kossi),
    )
    count = end_sessions(
        user_id=ama.id, reason="password_changed", keep=kept.pk, now=clock.now()
    )
    assert count == 2
    assert set(Session.objects.filter(ended_at=None)) == {kept, theirs}
    assert end_sessions(user_id=kossi.id, reason="everywhere", now=clock.now()) == 1
    assert OutboxEvent.objects.filter(name=ENDED).count() == 2


def test_an_unknown_reason_is_a_fault(ama):
    open_one(ama)
    with pytest.raises(ValueError, match="bored"):
        end_sessions(user_id=ama.id, reason="bored", now=clock.now())
    assert not Session.objects.exclude(ended_at=None).exists()


def test_a_forgotten_device_is_signed_out_and_unknown(ama, stranger):
    key = uuid4()
    session, other = open_one(ama, device=key), open_one(ama, device=uuid4())
    with pytest.raises(NotFound):
        forget_device(device_id=session.device_id, user_id=stranger.id, now=clock.now())
    assert knows_device(ama.id, key, clock.now())
    forget_device(device_id=session.device_id, user_id=ama.id, now=clock.now())
    assert not knows_device(ama.id, key, clock.now())
    session.refresh_from_db()
    other.refresh_from_db()
    assert session.end_reason == Session.EndReason.DEVICE_FORGOTTEN
    assert other.ended_at is None


def test_what_has_had_its_time_is_forgotten(ama):
    Session.objects.all().delete()
    now = clock.now()
    issue_tokens(ama.user, now=now)
    assert forget_expired_tokens(now=now + timedelta(days=29)) == 0
    assert forget_expired_tokens(now=now + timedelta(days=31)) == 1
    assert not RefreshToken.objects.exists()
    assert forget_past_sessions(now=now + timedelta(days=200)) == 0
    ended = open_one(ama, now=now)
    end_session(session_id=ended.pk, user_id=ama.id, reason="revoked", now=now)
    assert forget_past_sessions(now=now + timedelta(days=181)) == 1
    assert forget_past_sessions(now=now + timedelta(days=211)) == 1
    assert not Session.objects.exists()


def test_a_session_opened_while_all_end_is_later_or_ended(committed, ama):
    now = clock.now()

    def act(index):
        if index:
            return open_one(ama, device=uuid4())
        return end_sessions(user_id=ama.id, reason="everywhere", now=now)

    results = race(8, act)
    assert not [item for item in results if isinstance(item, Exception)], results
    open_ones = Session.objects.filter(user=ama.user, ended_at=None).count()
    ended = results[0]
    # The one that the fixture opened, and those that came before the end.
    assert ended + open_ones == 8


def test_one_device_signing_in_twice_at_once_is_one_device(committed, ama):
    key = uuid4()
    results = race(8, lambda _: open_one(ama, device=key))
    assert not [item for item in results if isinstance(item, Exception)], results
    assert Device.objects.filter(user=ama.user).count() == 1


def test_control_without_the_persons_lock_devices_collide(committed, ama, monkeypatch):
    import threading

    gate = threading.Barrier(8)
    find = sessions._device

    def together(*arguments):
        found = find(*arguments)
        gate.wait(30)
        return found

    monkeypatch.setattr(sessions, "_device", together)
    monkeypatch.setattr(sessions, "locked", lambda rows, pk: rows.get(pk=pk))
    key = uuid4()
    results = race(8, lambda _: open_one(ama, device=key))
    assert any(isinstance(item, Exception) for item in results)


# --- After which devices are strangers ------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "stays"),
    [
        ("everywhere", False),
        ("password_changed", False),
        ("contested", False),
        ("staff", False),
        ("taken_over", False),
        ("phone_changed", True),
        ("suspended", True),
    ],
)
def test_what_shuts_a_thief_out_forgets_the_devices(ama, reason, stays):
    now, hers, other = clock.now(), uuid4(), uuid4()
    asks = open_session(user=ama.user, method="code", device_key=hers, now=now)
    open_session(user=ama.user, method="code", device_key=other, now=now)
    end_sessions(user_id=ama.id, reason=reason, now=now, asked_in=asks.pk)
    assert knows_device(ama.id, hers, now), "the one in her hand"
    assert knows_device(ama.id, other, now) is stays


def test_a_session_without_a_device_keeps_none_known(ama):
    now, other = clock.now(), uuid4()
    asks = open_session(user=ama.user, method="code", device_key=None, now=now)
    open_session(user=ama.user, method="code", device_key=other, now=now)
    end_sessions(user_id=ama.id, reason="password_changed", now=now, keep=asks.pk)
    assert not knows_device(ama.id, other, now)
    asks.refresh_from_db()
    assert asks.ended_at is None
