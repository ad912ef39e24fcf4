"""What the kills rest on: points that exist, and proof that they struck."""

from __future__ import annotations

import importlib

from bench.payment_faults.hostile import signature
from bench.payment_faults.kills import FULL, SMALL, Kill, _struck
from lokahome.core.failpoints import NAMES

HOMES = (
    "lokahome.core.events.delivering",
    "lokahome.core.events.relay",
    "payments.services.charges",
    "payments.services.confirming",
    "payments.services.notices",
    "payments.services.settlement",
    "payments.services.starting",
)


def test_every_point_is_declared_by_the_code():
    for home in HOMES:
        importlib.import_module(home)
    assert {kill.point for kill in (*SMALL, *FULL)} <= NAMES


def test_both_scales_kill_all_three_programs_at_enough_points():
    assert len(SMALL) >= 3
    assert len({kill.point for kill in FULL}) >= 10
    for kills in (SMALL, FULL):
        assert {kill.program for kill in kills} == {"web", "worker", "relay"}


def test_a_kill_that_did_not_strike_is_not_confirmed(tmp_path, monkeypatch):
    class Idle:
        failpoints = tmp_path
        processes = {"relay": type("Alive", (), {"pid": 1})()}

    monkeypatch.setattr("bench.payment_faults.kills._STRIKES_WITHIN", 0.2)
    kill = Kill("relay", "relay.after_dispatch")
    begin = importlib.import_module("time").monotonic()
    # The file was taken, yet the process is the same one: nobody died there.
    assert not _struck(Idle(), kill, frozenset({1}), begin)


def test_webhooks_are_signed_over_stamp_and_bytes():
    signed = signature("secret", b"{}", 1_700_000_000)
    assert signed.startswith("t=1700000000,s=")
    assert signed != signature("secret", b"{} ", 1_700_000_000)
    assert signed != signature("guessed", b"{}", 1_700_000_000)
