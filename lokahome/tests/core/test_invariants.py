"""Invariants: statements that a query would refute, and the ways of asking."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from lokahome.core import clock, invariants
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.invariants import INVARIANTS, check_invariants, invariant
from lokahome.core.tasks import check_invariants_job

STUCK = "outbox.deliveries_move"


@pytest.fixture
def stuck(db):
    """A delivery that is due in a week: somebody's clock was wrong."""
    event = OutboxEvent(name="lokahome.x", subject="lamp:1", payload={})
    event.save()
    row = Delivery(
        event=event,
        subscriber="tests.x",
        lane="notify",
        subject="lamp:1",
        available_at=clock.now() + timedelta(days=7),
    )
    row.save()
    return row


def run(*args, **options):
    out = StringIO()
    call_command("check_invariants", *args, stdout=out, **options)
    return out.getvalue()


def test_an_empty_platform_keeps_every_invariant(db):
    assert check_invariants() == []
    assert set(json.loads(run(json=True))) == set(INVARIANTS)


@pytest.mark.parametrize("name", sorted(INVARIANTS))
def test_every_invariant_says_what_it_claims_and_can_be_asked(db, name):
    assert INVARIANTS[name].claim
    assert name.count(".") == 1
    assert check_invariants([name]) == []


def test_a_broken_invariant_names_its_rows(stuck):
    (violation,) = check_invariants([STUCK])
    assert violation.invariant == STUCK
    assert violation.row[0] == str(stuck.pk)


def test_the_command_fails_when_one_is_broken(stuck):
    with pytest.raises(CommandError, match="broken"):
        run(STUCK)
    assert "ok" in run(*sorted(set(INVARIANTS) - {STUCK})[:1] or [STUCK])


def test_the_periodic_job_logs_each_violation(stuck, monkeypatch):
    logged = []
    monkeypatch.setattr(
        "lokahome.core.tasks.log.error", lambda *a, **k: logged.append(k), raising=False
    )
    check_invariants_job()
    assert [entry["invariant"] for entry in logged] == [STUCK]


def test_an_unknown_invariant_is_a_mistake(db):
    with pytest.raises(KeyError):
        check_invariants(["no.such"])


def test_no_more_rows_are_shown_than_a_person_reads(db, monkeypatch):
    monkeypatch.setattr(invariants, "INVARIANTS", dict(INVARIANTS))
    invariant("tests.many", "there are none", "SELECT generate_series(1, 500)")
    assert len(check_invariants(["tests.many"])) == invariants.SHOWN


def test_two_invariants_never_share_a_name(monkeypatch):
    monkeypatch.setattr(invariants, "INVARIANTS", dict(INVARIANTS))
    invariant("tests.twin", "a", "SELECT 1 WHERE false")
    with pytest.raises(TypeError, match="two invariants"):
        invariant("tests.twin", "a", "SELECT 2 WHERE false")
