"""Periodic jobs: seeded once, paused by operators, run by one beat however many."""

from __future__ import annotations

import pytest
from celery import current_app
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from lokahome.celery import app
from lokahome.schedule import JOBS, SECONDS_BETWEEN_TRIES, SoleScheduler, seed


def test_seeding_makes_each_job_once(db):
    assert seed() == len(JOBS)
    assert seed() == 0
    rows = PeriodicTask.objects.filter(name__in=[job.task for job in JOBS])
    assert {(row.task, row.interval.every) for row in rows} == {
        (job.task, job.every_seconds) for job in JOBS
    }
    assert all(row.enabled and row.expire_seconds for row in rows)


def test_seeding_leaves_what_an_operator_paused_or_changed(db):
    seed()
    slower = IntervalSchedule.objects.create(every=77, period="seconds")
    changed = PeriodicTask.objects.get(name=JOBS[0].task)
    changed.enabled = False
    changed.interval = slower
    changed.save()
    PeriodicTask.objects.get(name=JOBS[1].task).delete()
    assert seed() == 1
    changed.refresh_from_db()
    assert changed.enabled is False
    assert changed.interval.every == 77


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.task)
def test_every_job_names_a_task_that_exists(job):
    app.loader.import_default_modules()
    assert job.task in current_app.tasks or job.task in app.tasks


@pytest.fixture
def beats(committed, monkeypatch):
    """Two beats of which each says when it does its ticking."""
    ticks = []
    parent = SoleScheduler.__mro__[1]
    monkeypatch.setattr(parent, "tick", lambda self, *a, **k: ticks.append(self) or 1.5)
    monkeypatch.setattr(parent, "close", lambda self: None)
    pair = [SoleScheduler(app=app, lazy=True) for _ in range(2)]
    yield pair, ticks
    for beat in pair:
        beat.close()


def test_of_two_beats_one_is_active(beats):
    (first, second), ticks = beats
    for _ in range(3):
        assert first.tick() == 1.5
        assert second.tick() == SECONDS_BETWEEN_TRIES
    assert ticks == [first] * 3


def test_another_beat_takes_over_when_the_first_closes(beats):
    (first, second), ticks = beats
    first.tick()
    second.tick()
    first.close()
    assert second.tick() == 1.5
    assert first.tick() == SECONDS_BETWEEN_TRIES
    assert ticks == [first, second]


def test_another_beat_takes_over_when_the_first_loses_its_connection(beats):
    """kill -9 of a beat looks like this to the database."""
    (first, second), ticks = beats
    first.tick()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert cursor.fetchall() == [(True,)]
    assert second.tick() == 1.5
    assert first.tick() == SECONDS_BETWEEN_TRIES
    assert ticks == [first, second]


def test_a_beat_without_a_database_waits_and_comes_back(beats, monkeypatch):
    (first, _second), ticks = beats
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "PORT", 1)
        assert first.tick() == SECONDS_BETWEEN_TRIES
    assert first.tick() == 1.5
    assert ticks == [first]
