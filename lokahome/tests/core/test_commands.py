"""Commands that operators and the gate run."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from lokahome.celery import app
from lokahome.core.management.commands import list_events, run_relay
from lokahome.core.management.commands.migrate import Command as Migrate
from lokahome.core.management.commands.run_relay import dispatch
from lokahome.core.tasks import deliver


@pytest.fixture
def project(settings, tmp_path):
    """A project directory of the test's own."""
    settings.BASE_DIR = tmp_path
    return tmp_path


def test_the_page_of_events_is_written_and_then_current(project):
    call_command("list_events")
    call_command("list_events", check=True)
    page = (project / "docs" / "events.md").read_text()
    for name in list_events.EVENTS:
        assert f"## {name}\n" in page


def test_a_page_of_events_that_is_stale_or_absent_fails(project):
    with pytest.raises(CommandError, match="stale"):
        call_command("list_events", check=True)
    call_command("list_events")
    with (project / "docs" / "events.md").open("a") as page:
        page.write("more\n")
    with pytest.raises(CommandError, match="stale"):
        call_command("list_events", check=True)


def test_the_outbox_can_be_drained_by_hand(db):
    out = StringIO()
    call_command("drain_outbox", stdout=out)
    assert out.getvalue() == "0 deliveries done\n"


def test_migrations_run_as_the_owner_by_default():
    parser = Migrate().create_parser("manage.py", "migrate")
    assert parser.parse_args([]).database == "owner"
    assert parser.parse_args(["--database", "default"]).database == "default"


def test_the_wake_up_of_a_worker_holds_ids_and_nothing_else(monkeypatch):
    sent = []
    monkeypatch.setattr(
        run_relay.deliver, "apply_async", lambda args, **k: sent.append((args, k))
    )
    token, one = uuid4(), uuid4()
    dispatch(token, [one])
    ((arguments, options),) = sent
    assert arguments == (str(token), [str(one)])
    assert options["retry"] is False, "the sweep tries again; the relay must not hang"


def test_the_worker_runs_what_is_leased_and_ignores_the_rest(db):
    deliver(str(uuid4()), [str(uuid4())])


def test_the_delivery_task_has_its_own_queue():
    assert app.conf.task_routes["core.deliver"] == {"queue": "lanes"}
    assert app.conf.task_acks_late is True
