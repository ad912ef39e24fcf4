"""The relay: wake-ups may be lost, processes may die, a gateway may hang."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from lokahome.core.events import delivering, relay
from lokahome.core.events.delivering import LEASE, claim, run_batch
from lokahome.core.events.models import Delivery
from lokahome.core.events.relay import (
    BATCH,
    Relay,
    dispatch_lanes,
    lane_concurrency,
    run_state_lane,
)
from lokahome.core.events.subscribers import DOCUMENTS, NOTIFY, STATE
from lokahome.tests.core.events.conftest import leave_a_trace, light, traces
from lokahome.tests.threads import race

ROUNDS = 20
GATEWAY = "gateway.fedapay"


class Broker:
    """Redis as the relay sees it: takes messages, and may forget them all."""

    def __init__(self) -> None:
        self.messages = []

    def __call__(self, token, ids):
        self.messages.append((token, ids))

    def forget(self):
        self.messages.clear()

    def work(self):
        for token, ids in self.messages:
            run_batch(token, ids)
        self.messages.clear()


def worker(token, ids):
    """Dispatch to a worker that is there and quick."""
    run_batch(token, ids)


# --- Lost wake-ups -------------------------------------------------------------------


def test_a_message_that_the_broker_lost_is_sent_again_after_the_lease(
    db, listen, moving
):
    listen(leave_a_trace, lane=NOTIFY)
    light(1, 1)
    broker = Broker()
    assert dispatch_lanes(broker) == 1
    (lost,) = broker.messages
    broker.forget()  # FLUSHALL
    assert dispatch_lanes(broker) == 0, "still leased to whoever got the message"
    moving.forward(LEASE.total_seconds() + 1)
    assert dispatch_lanes(broker) == 1
    broker.work()
    assert traces() == [1]
    run_batch(*lost)  # the lost message turns up after all
    assert traces() == [1]


def test_a_broker_that_is_away_costs_no_try(db, listen, moving):
    def refuse(token, ids):
        raise ConnectionError

    listen(leave_a_trace, lane=NOTIFY)
    light(1, 1)
    assert dispatch_lanes(refuse) == 0
    row = Delivery.objects.get()
    assert (row.lease_token, row.attempts) == (None, 0)
    moving.forward(2)
    assert dispatch_lanes(worker) == 1
    assert traces() == [1]


# --- Lanes ---------------------------------------------------------------------------


def test_the_state_lane_is_never_handed_to_the_broker(db, listen):
    listen(leave_a_trace, lane=STATE)
    light(1, 1)
    assert dispatch_lanes(Broker()) == 0
    assert run_state_lane() == 1
    assert traces() == [1]


def test_a_gateway_that_hangs_delays_no_other_lane(db, listen):
    listen(leave_a_trace, lane=lambda event: NOTIFY if event.step else GATEWAY)
    for number in range(1, 11):
        light(number, 0)
    hanging = Broker()  # takes the messages, and nobody ever answers
    dispatch_lanes(hanging)
    assert len(hanging.messages) == lane_concurrency(GATEWAY)
    assert all(len(ids) == 1 for _token, ids in hanging.messages)
    light(11, 5)
    assert dispatch_lanes(worker) == 1
    assert traces(11) == [5]
    waiting = Delivery.objects.filter(lane=GATEWAY, status="waiting")
    assert waiting.count() == 10


def test_a_lane_never_has_more_batches_at_work_than_it_may(db, listen, moving):
    listen(leave_a_trace, lane=GATEWAY)
    for number in range(1, 20):
        light(number)
    broker = Broker()
    for _ in range(5):
        dispatch_lanes(broker)
    assert len(broker.messages) == lane_concurrency(GATEWAY)
    run_batch(*broker.messages.pop())
    assert dispatch_lanes(broker) == 1
    assert len(broker.messages) == lane_concurrency(GATEWAY)


def test_dead_workers_give_their_places_back(db, listen, moving):
    listen(leave_a_trace, lane=GATEWAY)
    for number in range(1, 10):
        light(number)
    dispatch_lanes(Broker())
    moving.forward(LEASE.total_seconds() + 1)
    assert dispatch_lanes(Broker()) == lane_concurrency(GATEWAY)


def test_each_lane_has_its_own_number_of_batches(settings):
    settings.LANE_CONCURRENCY = {"gateway": 3, "gateway.slow": 1, "notify": 2}
    assert lane_concurrency("gateway.fedapay") == 3
    assert lane_concurrency("gateway.slow") == 1
    assert lane_concurrency("notify") == 2
    assert lane_concurrency("never.heard.of") == 1


def test_documents_are_drawn_one_batch_at_a_time(db, listen):
    listen(leave_a_trace, lane=DOCUMENTS)
    for number in range(1, BATCH + 10):
        light(number)
    broker = Broker()
    dispatch_lanes(broker)
    dispatch_lanes(broker)
    assert [len(ids) for _token, ids in broker.messages] == [BATCH]


# --- Races ---------------------------------------------------------------------------


def effects():
    return sorted(step for number in range(1, 4) for step in traces(number))


@pytest.mark.parametrize("lane", [STATE, NOTIFY])
def test_two_relays_run_each_delivery_once_and_in_order(committed, listen, lane):
    listen(leave_a_trace, lane=lane)

    def relay_one(_index):
        for _ in range(200):
            did = run_state_lane() if lane == STATE else dispatch_lanes(worker)
            left = Delivery.objects.filter(status="waiting").exists()
            if not did and not left:
                return None
        return "never empty"

    step = 0
    for _round in range(ROUNDS):
        for number in range(1, 4):
            light(number, step + 1, step + 2)
            step += 2
        assert race(2, relay_one) == [None, None]
    for number in range(1, 4):
        assert traces(number) == sorted(traces(number)), "each lamp in its order"
    assert effects() == list(range(1, step + 1)), "each step once"
    assert not Delivery.objects.exclude(status="done", attempts=0).exists()


NAIVE_CLAIM = delivering.CLAIM.replace(" FOR UPDATE SKIP LOCKED", "").replace(
    "AND (d.lease_until IS NULL OR d.lease_until < %(now)s)", ""
)


def overlapping(listen):
    """A second relay sweeps while the first is in the middle of a delivery."""
    inside = []

    def handle(event):
        """Leave a trace; let another relay in, once."""
        leave_a_trace(event)
        if not inside:
            inside.append(1)
            race(1, lambda _index: dispatch_lanes(worker))

    listen(handle, lane=NOTIFY)
    light(1, 1)
    dispatch_lanes(worker)
    return traces()


def test_a_relay_takes_nothing_that_another_is_working_on(committed, listen):
    assert overlapping(listen) == [1]


def test_without_the_lease_check_both_would_work_on_it(committed, listen, monkeypatch):
    """The control of the tests above."""
    assert NAIVE_CLAIM.count("lease_until") == 1, "both protections are taken out"
    assert "SKIP LOCKED" not in NAIVE_CLAIM
    monkeypatch.setattr(delivering, "CLAIM", NAIVE_CLAIM)
    assert overlapping(listen) == [1, 1]


def test_claims_at_the_same_instant_never_overlap(committed, listen):
    listen(leave_a_trace, lane=NOTIFY)
    for _round in range(ROUNDS):
        for number in range(1, 13):
            light(number)
        claims = [ids for _token, ids in race(4, lambda _: claim(NOTIFY, limit=5))]
        taken = [one for ids in claims for one in ids]
        assert len(taken) == len(set(taken))
        Delivery.objects.all().delete()


# --- The process ---------------------------------------------------------------------


@contextmanager
def running(subject):
    """Run a Relay in a thread of its own until the block ends."""
    finished = threading.Event()

    def run():
        try:
            subject.run()
        finally:
            connections.close_all()
            finished.set()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield finished
    finally:
        subject.stop()
        assert finished.wait(20), "a relay that is asked to stop ends"


def listeners():
    """Return the process ids of the connections that LISTEN."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
        )
        return [row[0] for row in cursor.fetchall()]


def wait_for_listener(other_than=()):
    for _ in range(5_000):
        if found := [pid for pid in listeners() if pid not in other_than]:
            return found
    raise AssertionError("the relay does not listen")


@pytest.fixture
def lit(listen):
    """An Event that is set when lamp 1 is handled."""
    flag = threading.Event()

    def handle(event):
        """Say that it was handled."""
        flag.set()

    listen(handle, lane=lambda event: NOTIFY if event.step else STATE)
    return flag


@pytest.mark.parametrize("step", [0, 1], ids=["state lane", "other lane"])
def test_a_commit_wakes_the_relay_at_once(committed, lit, monkeypatch, step):
    monkeypatch.setattr(relay, "SWEEP_SECONDS", 5.0)
    with running(Relay(worker)):
        wait_for_listener()
        light(1, step)
        assert lit.wait(4), "before the sweep that heals lost wake-ups"
        monkeypatch.setattr(relay, "SWEEP_SECONDS", 0.05)
        light(2, step)  # lets the listener see that it is asked to stop


def test_a_lost_wake_up_is_healed_by_the_sweep(committed, lit, monkeypatch):
    monkeypatch.setattr(relay, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(relay, "CHANNEL", "nobody_notifies_here")
    with running(Relay(worker)):
        wait_for_listener()
        light(1)
        assert lit.wait(10)


def test_the_relay_outlives_the_loss_of_its_connections(committed, lit, monkeypatch):
    monkeypatch.setattr(relay, "SWEEP_SECONDS", 0.05)
    with running(Relay(worker)):
        first = wait_for_listener()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        wait_for_listener(other_than=first)
        light(1)
        assert lit.wait(10)


def test_a_loop_that_breaks_takes_the_process_down_with_it(committed, monkeypatch):
    """Half a relay would look alive and deliver nothing: the supervisor restarts it."""

    def bug():
        raise LookupError("a bug of ours")

    monkeypatch.setattr(relay, "run_state_lane", bug)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with running(Relay(worker)) as finished:
        assert finished.wait(10)
