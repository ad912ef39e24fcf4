"""Leases, order, retries, parking: at least once, and in the state lane just once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lokahome.core.errors import StateConflict
from lokahome.core.events import delivering
from lokahome.core.events.delivering import (
    LEASE,
    LONGEST_BACKOFF_SECONDS,
    MAX_ATTEMPTS,
    RetryLater,
    claim,
    drain,
    keeping_lease,
    release,
    run_batch,
    run_one,
)
from lokahome.core.events.models import Delivery
from lokahome.core.events.resending import resend
from lokahome.core.events.subscribers import DOCUMENTS, NOTIFY, STATE
from lokahome.core.ids import uuid7
from lokahome.core.request_id import current_request_id
from lokahome.tests.core.events.conftest import (
    lamp,
    leave_a_trace,
    light,
    traces,
)

LANES = [STATE, NOTIFY, DOCUMENTS, "gateway.fedapay"]


def the_delivery():
    return Delivery.objects.get()


def broken(event):
    """Fail, always."""
    leave_a_trace(event)
    raise RuntimeError("Ama Dossou, +2290197000001")


def away(event):
    """Ask for another time, always."""
    leave_a_trace(event)
    raise RetryLater(seconds=90)


@pytest.mark.parametrize("lane", LANES)
def test_a_delivery_runs_once_and_is_done(db, listen, lane):
    listen(leave_a_trace, lane=lane)
    light(1, 5)
    assert drain() == 1
    assert traces() == [5]
    row = the_delivery()
    assert row.status == "done"
    assert row.done_at
    assert row.lease_token is None
    assert drain() == 0
    assert traces() == [5]


def test_a_handler_works_under_the_request_id_of_its_fact(db, listen):
    seen = []

    def look(event):
        seen.append(current_request_id())

    listen(look, lane=NOTIFY)
    (row,) = light(1)
    drain()
    assert seen == [row.request_id or current_request_id()]


# --- Order ---------------------------------------------------------------------------


def test_of_one_subject_only_the_oldest_may_be_claimed(db, listen):
    listen(leave_a_trace, lane=NOTIFY)
    light(1, 1, 2, 3)
    light(2, 1)
    _token, ids = claim(NOTIFY, limit=100)
    claimed = Delivery.objects.filter(pk__in=ids)
    assert {(row.subject, row.event.payload["step"]) for row in claimed} == {
        (f"lamp:{lamp(1)}", 1),
        (f"lamp:{lamp(2)}", 1),
    }


def test_while_the_oldest_is_leased_its_followers_wait(db, listen):
    listen(leave_a_trace, lane=NOTIFY)
    light(1, 1, 2)
    claim(NOTIFY, limit=100)
    assert claim(NOTIFY, limit=100)[1] == []


def test_deliveries_of_a_subject_run_in_order(db, listen):
    listen(leave_a_trace, lane=STATE)
    light(1, 1, 2, 3, 4, 5)
    assert drain() == 5
    assert traces() == [1, 2, 3, 4, 5]


def test_one_that_fails_holds_its_subject_back_and_no_other(db, listen, moving):
    failing = {1}

    def picky(event):
        """Fail on step 1 while it is in `failing`."""
        if event.step in failing:
            raise RuntimeError
        leave_a_trace(event)

    listen(picky, lane=STATE)
    light(1, 1, 2)
    light(2, 7)
    drain()
    assert traces(1) == []
    assert traces(2) == [7]
    failing.clear()
    moving.forward(5)
    drain()
    assert traces(1) == [1, 2]


def test_subscribers_of_one_fact_do_not_wait_for_each_other(db, listen):
    listen(broken, lane=STATE)
    listen(leave_a_trace, lane=NOTIFY)
    light(1, 3)
    drain()
    assert traces() == [3]


# --- Leases --------------------------------------------------------------------------


def test_what_is_leased_is_not_handed_out_again_before_its_time(db, listen, moving):
    listen(leave_a_trace, lane=NOTIFY)
    light(1)
    _first, ids = claim(NOTIFY, limit=10)
    moving.forward(LEASE.total_seconds() - 1)
    assert claim(NOTIFY, limit=10)[1] == []
    moving.forward(2)
    _second, again = claim(NOTIFY, limit=10)
    assert again == ids


@pytest.mark.parametrize("lane", LANES)
def test_a_stale_token_does_nothing(db, listen, moving, lane):
    listen(leave_a_trace, lane=lane)
    light(1, 1)
    stale, ids = claim(lane, limit=10)
    moving.forward(LEASE.total_seconds() + 1)
    fresh, again = claim(lane, limit=10)
    assert again == ids
    assert run_batch(stale, ids) == 0
    assert traces() == []
    assert the_delivery().lease_token == fresh
    assert run_batch(fresh, ids) == 1
    assert run_batch(fresh, ids) == 0, "nor does one whose work is done"
    assert traces() == [1]


def test_a_stale_token_cannot_renew_release_or_fail_the_lease_of_another(
    db, listen, moving
):
    listen(leave_a_trace, lane=NOTIFY)
    light(1)
    stale, _ids = claim(NOTIFY, limit=10)
    moving.forward(LEASE.total_seconds() + 1)
    fresh, _ids = claim(NOTIFY, limit=10)
    before = the_delivery()
    release(stale)
    delivering._postpone(before, stale, 900, counts=True, error=RuntimeError())
    after = the_delivery()
    assert after.lease_token == fresh
    assert (after.lease_until, after.attempts) == (before.lease_until, 0)


def test_one_who_wakes_up_late_does_not_undo_what_another_did(db, listen, moving):
    """Its handler fails after its lease ran out and another has finished the work."""
    other = []

    def slow(event):
        """Outlive the lease once; another does the work meanwhile."""
        if not other:
            moving.forward(LEASE.total_seconds() + 1)
            other.append(claim(NOTIFY, limit=10))
            token, ids = other[0]
            assert run_one(token, ids[0])
            raise RuntimeError("too late")
        leave_a_trace(event)

    listen(slow, lane=NOTIFY)
    light(1, 1)
    token, ids = claim(NOTIFY, limit=10)
    assert run_one(token, ids[0]) is False
    assert the_delivery().status == "done"
    assert the_delivery().attempts == 0
    assert traces() == [1]


def test_what_is_released_is_due_again_and_did_not_fail(db, listen, moving):
    listen(leave_a_trace, lane=NOTIFY)
    light(1)
    token, ids = claim(NOTIFY, limit=10)
    release(token)
    moving.forward(2)
    assert claim(NOTIFY, limit=10)[1] == ids
    assert the_delivery().attempts == 0


def test_a_lease_is_renewed_while_its_holder_works(committed, listen, monkeypatch):
    monkeypatch.setattr(delivering, "HEARTBEAT_SECONDS", 0.005)
    seen = {}

    def work(event):
        """Work until the lease was renewed."""
        first = the_delivery().lease_until
        for _ in range(20_000):
            seen["renewed"] = the_delivery().lease_until > first
            if seen["renewed"]:
                return

    listen(work, lane=NOTIFY)
    light(1)
    token, ids = claim(NOTIFY, limit=10)
    assert run_batch(token, ids) == 1
    assert seen["renewed"]


def test_a_blip_of_the_database_does_not_end_the_renewals(
    committed, listen, monkeypatch
):
    """A lease that is no longer renewed lets a second holder in beside the first."""
    monkeypatch.setattr(delivering, "HEARTBEAT_SECONDS", 0.005)
    real, calls = delivering.clock.now, []

    def now():
        calls.append(1)
        if len(calls) == 1:
            raise delivering.DatabaseError("the connection was lost")
        return real()

    listen(leave_a_trace, lane=NOTIFY)
    light(1)
    token, _ids = claim(NOTIFY, limit=10)
    before = the_delivery().lease_until
    monkeypatch.setattr(delivering.clock, "now", now)
    with keeping_lease(token):
        for _ in range(20_000):
            if the_delivery().lease_until > before:
                break
    assert the_delivery().lease_until > before


# --- Failures ------------------------------------------------------------------------


def test_a_failure_in_the_state_lane_takes_its_effect_back(db, listen):
    listen(broken, lane=STATE)
    light(1)
    drain()
    assert traces() == []
    assert the_delivery().attempts == 1


def test_in_the_state_lane_the_mark_and_the_effect_commit_together(
    db, listen, monkeypatch
):
    def crash(*_):
        raise RuntimeError("killed between effect and mark")

    listen(leave_a_trace, lane=STATE)
    light(1, 1)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_mark_done", crash)
        drain()
    assert traces() == []
    assert the_delivery().status == "waiting"


def test_elsewhere_an_effect_outlives_a_crash_before_the_mark(
    db, listen, monkeypatch, moving
):
    """At least once: why every handler with I/O is idempotent."""

    def crash(*_):
        raise RuntimeError("killed between effect and mark")

    listen(leave_a_trace, lane=NOTIFY)
    light(1, 1)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_mark_done", crash)
        drain()
    moving.forward(5)
    drain()
    assert traces() == [1, 1]
    assert the_delivery().status == "done"


def test_waits_grow_and_end_at_a_limit():
    waits = [delivering._backoff(attempts) for attempts in range(40)]
    assert 0.7 < waits[0] < 1.3
    assert waits[4] > waits[2]
    assert max(waits) <= LONGEST_BACKOFF_SECONDS * 1.25
    assert min(waits[20:]) >= LONGEST_BACKOFF_SECONDS * 0.75


def test_a_failure_is_tried_again_later_and_not_at_once(db, listen, moving):
    listen(broken, lane=NOTIFY)
    light(1)
    drain()
    assert the_delivery().available_at > moving.now()
    assert claim(NOTIFY, limit=10)[1] == []


def fail_until_parked(moving):
    for _ in range(MAX_ATTEMPTS):
        drain()
        moving.forward(LONGEST_BACKOFF_SECONDS * 2)


def test_after_enough_failures_it_is_set_aside(db, listen, moving):
    listen(broken, lane=NOTIFY)
    light(1)
    fail_until_parked(moving)
    row = the_delivery()
    assert (row.status, row.attempts) == ("parked", MAX_ATTEMPTS)
    drain()
    assert the_delivery().attempts == MAX_ATTEMPTS


def test_the_row_says_what_failed_without_quoting_a_person(db, listen):
    listen(broken, lane=NOTIFY)
    light(1)
    drain()
    assert the_delivery().last_error == "RuntimeError"


def test_one_set_aside_no_longer_holds_its_subject_back(db, listen, moving):
    def picky(event):
        """Fail on step 1."""
        if event.step == 1:
            raise RuntimeError
        leave_a_trace(event)

    listen(picky, lane=STATE)
    light(1, 1, 2)
    fail_until_parked(moving)
    drain()
    assert traces() == [2]


def test_resending_gives_a_delivery_all_its_tries_again(db, listen, moving):
    listen(broken, lane=STATE, name="tests.lamp")
    light(1, 9)
    fail_until_parked(moving)
    listen(leave_a_trace, lane=STATE, name="tests.lamp")
    row = resend(delivery_id=the_delivery().pk, now=moving.now())
    assert (row.status, row.attempts) == ("waiting", 0)
    assert drain() == 1
    assert traces() == [9]


def test_only_what_was_set_aside_can_be_resent(db, listen, moving):
    listen(leave_a_trace, lane=STATE)
    light(1)
    before = Delivery.objects.values().get()
    with pytest.raises(StateConflict):
        resend(delivery_id=the_delivery().pk, now=moving.now())
    assert Delivery.objects.values().get() == before


def test_a_wish_to_be_called_later_is_no_failure(db, listen, moving):
    listen(away, lane="gateway.fedapay")
    light(1)
    for _ in range(MAX_ATTEMPTS * 2):
        drain()
        moving.forward(91)
    row = the_delivery()
    assert (row.status, row.attempts) == ("waiting", 0)
    assert len(traces()) == MAX_ATTEMPTS * 2


def test_a_wish_to_be_called_later_says_when(db, listen, moving):
    listen(away, lane=STATE)
    light(1)
    drain()
    assert traces() == [], "in the state lane its effect is taken back"
    moving.forward(80)
    assert claim(STATE, limit=10)[1] == []
    moving.forward(15)
    assert len(claim(STATE, limit=10)[1]) == 1


def test_a_subscriber_that_is_gone_is_a_failure_that_staff_see(db, listen):
    item = listen(leave_a_trace, lane=NOTIFY)
    light(1)
    delivering.SUBSCRIBERS.pop(item.name)
    drain()
    row = the_delivery()
    assert (row.status, row.attempts, row.last_error) == ("waiting", 1, "LookupError")


def test_running_what_does_not_exist_does_nothing(db):
    assert run_one(uuid4(), uuid7()) is False
