"""Periodic jobs in the back-office: said in words, run, paused and slowed by operators."""

import json

import pytest
from django.conf import settings
from django.urls import reverse
from django_celery_beat.models import PeriodicTask
from redis import Redis

from lokahome.celery import app
from lokahome.core.admin.jobs import NEVER_PAUSED, frequency
from lokahome.core.audit.models import AuditEvent
from lokahome.schedule import NOT_OURS, seed

LIST = "admin:django_celery_beat_periodictask_changelist"


@pytest.fixture
def job(db):
    """One seeded job."""
    seed()
    return PeriodicTask.objects.get(name="payments.reconcile")


@pytest.fixture
def queue():
    """A queue of the real broker that no worker reads; emptied afterwards."""
    name, usual = "tests-of-jobs", app.conf.task_default_queue
    app.conf.task_default_queue = name
    app.amqp.__dict__.pop("queues", None)
    app.amqp.__dict__.pop("router", None)
    prefix = app.conf.broker_transport_options["global_keyprefix"]
    client, key = Redis.from_url(settings.REDIS_URL), f"{prefix}{name}"
    client.delete(key)
    yield lambda: [json.loads(raw)["headers"] for raw in client.lrange(key, 0, -1)]
    client.delete(key)
    app.conf.task_default_queue = usual
    app.amqp.__dict__.pop("queues", None)
    app.amqp.__dict__.pop("router", None)


def decide(client, job, name, **data):
    url = reverse("admin:django_celery_beat_periodictask_decide", args=[job.pk, name])
    return client.post(url, {"version": 1, **data}, format="multipart", follow=True)


def choose(client, action, *jobs):
    data = {"action": action, "_selected_action": [job.pk for job in jobs]}
    return client.post(reverse(LIST), data, format="multipart", follow=True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "chaque seconde"),
        (5, "toutes les 5 secondes"),
        (60, "chaque minute"),
        (300, "toutes les 5 minutes"),
        (3600, "chaque heure"),
        (7200, "toutes les 2 heures"),
        (86_400, "chaque jour"),
        (90, "toutes les 90 secondes"),
    ],
)
def test_a_frequency_is_said_in_words(seconds, words):
    assert frequency(seconds) == words


def test_the_list_is_in_french_and_holds_our_jobs_alone(job, operator):
    PeriodicTask.objects.create(name=NOT_OURS, task=NOT_OURS, interval=job.interval)
    seed()
    page = operator.get(reverse(LIST))
    text = page.content.decode()
    assert page.context["title"] == "Tâches planifiées"
    assert "toutes les 30 secondes" in text
    assert "Lancer maintenant" in text
    assert NOT_OURS not in text


def test_beat_adds_no_job_of_its_own():
    assert not app.conf.result_expires


def test_run_publishes_the_task_from_its_page(job, operator, queue):
    page = decide(operator, job, "run")
    assert "Décision enregistrée" in page.content.decode()
    assert [headers["task"] for headers in queue()] == [job.task]
    assert AuditEvent.objects.get().actor_id == operator.id


def test_run_publishes_the_chosen_tasks_from_the_list(job, operator, queue):
    other = PeriodicTask.objects.get(name="core.clean_up")
    page = choose(operator, "run_selected", job, other)
    assert "2 tâches lancées." in page.content.decode()
    assert {headers["task"] for headers in queue()} == {job.task, other.task}
    assert AuditEvent.objects.count() == 2


def test_a_job_is_paused_for_a_reason_and_resumed(job, operator):
    decide(operator, job, "pause")
    job.refresh_from_db()
    assert job.enabled
    decide(operator, job, "pause", reason="La passerelle est en panne")
    job.refresh_from_db()
    assert not job.enabled
    assert "En pause" in operator.get(reverse(LIST)).content.decode()
    decide(operator, job, "resume")
    job.refresh_from_db()
    assert job.enabled


def test_chosen_jobs_are_resumed_and_none_is_paused_without_a_reason(job, operator):
    choose(operator, "pause_selected", job)
    job.refresh_from_db()
    assert job.enabled
    decide(operator, job, "pause", reason="La passerelle est en panne")
    choose(operator, "resume_selected", job)
    job.refresh_from_db()
    assert job.enabled


@pytest.mark.parametrize("name", sorted(NEVER_PAUSED))
def test_nobody_pauses_or_slows_what_watches_over_everybody(job, operator, name):
    watch = PeriodicTask.objects.get(name=name)
    was = watch.interval.every
    page = operator.get(
        reverse("admin:django_celery_beat_periodictask_change", args=[watch.pk])
    ).content.decode()
    assert "/decide/run" in page
    for deed in ("pause", "slow"):
        assert f"/decide/{deed}" not in page
        decide(operator, watch, deed, reason="Rien à voir ici", seconds=86_400)
    watch.refresh_from_db()
    assert (watch.enabled, watch.interval.every) == (True, was)


def test_a_job_is_slowed_in_words_that_are_offered(job, operator):
    decide(operator, job, "slow", reason="Trop de charge", seconds=7)
    job.refresh_from_db()
    assert job.interval.every == 30
    decide(operator, job, "slow", reason="Trop de charge", seconds=300)
    job.refresh_from_db()
    assert job.interval.every == 300


def test_others_touch_no_job(job, finance, queue):
    assert decide(finance, job, "run").status_code == 403
    assert choose(finance, "run_selected", job).status_code == 403
    assert queue() == []
