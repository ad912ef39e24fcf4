"""How long things are kept: each rule ends what is due, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from accounts.models import CodeRequest, Email, User
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent, AuditPersonalData
from lokahome.core.audit.record import record
from lokahome.core.files.models import Upload
from lokahome.core.ids import uuid7
from lokahome.core.privacy import retention
from lokahome.core.privacy.retention import (
    OWN_JOB,
    Retention,
    retentions,
    run_retention,
)
from lokahome.schedule import JOBS
from messaging.models import CaughtMessage, InboundSms, Notification


@pytest.fixture(autouse=True)
def files_in_memory(settings):
    """Keep files out of the disk."""
    memory = {
        "BACKEND": "django.core.files.storage.InMemoryStorage",
        "OPTIONS": {"base_url": "/media/"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": memory, "private": memory}


@pytest.fixture
def only_own(monkeypatch):
    """Register nothing but what the test does."""
    monkeypatch.setattr(retention, "_registered", {})


def upload(status: str, *, hours: int) -> Upload:
    """Return an upload of *hours* ago with its file."""
    name = storages["private"].save(f"uploads/{uuid7()}", ContentFile(b"bytes"))
    row = Upload(
        owner_id=uuid7(),
        kind="photo",
        mime="image/jpeg",
        size_bytes=5,
        sha256="0" * 64,
        status=status,
        file_name=name,
        received_at=clock.now(),
    )
    row.created_at = clock.now() - timedelta(hours=hours)
    row.save()
    return row


def test_every_rule_has_a_job_that_runs_and_a_query_that_counts(db):
    scheduled = {job.task for job in JOBS}
    now = clock.now()
    for rule in retentions():
        assert rule.job in scheduled, rule.name
        assert rule.due(now).count() == 0
    assert len(retentions()) >= 15
    rules = {rule.name: rule for rule in retentions()}
    assert rules["accounts.identity_files"].kept == timedelta(days=30)


def test_loose_uploads_go_with_their_files_after_two_days(db):
    old, young = upload("whole", hours=49), upload("whole", hours=47)
    attached = upload("attached", hours=1000)
    assert run_retention(now=clock.now())["core.loose_uploads"] == 1
    left = set(Upload.objects.values_list("pk", flat=True))
    assert left == {young.pk, attached.pk}
    assert not storages["private"].exists(old.file_name)
    assert storages["private"].exists(young.file_name)


def test_addresses_beside_the_audit_log_go_after_a_year_and_the_log_stays(db):
    event = record("a.deed", subject="a:1", actor_id=None, personal={"ip": "10.0.0.1"})
    now = clock.now()
    assert run_retention(now=now + timedelta(days=364))["core.audit_values"] == 0
    assert run_retention(now=now + timedelta(days=366))["core.audit_values"] == 1
    assert not AuditPersonalData.objects.exists()
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_codes_claims_and_words_of_sms_go(db):
    now = clock.now()
    person = User.objects.create_person(full_name="Ama")
    CodeRequest(phone="+2290197000001", purpose="sign_in", expires_at=now).save()
    Email(user=person, address="ama@example.org", expires_at=now).save()
    Notification(person=person, fact="a.fact", template="x").save()
    CaughtMessage(channel="sms", to="+2290197000001", text="x").save()
    InboundSms(
        gateway="twilio",
        gateway_message_id="1",
        sender="+2290197000001",
        text="words",
        outcome="refused",
        handled_at=now,
    ).save()
    before = run_retention(now=now + timedelta(days=29))
    assert not any(before.values())
    after = run_retention(now=now + timedelta(days=366))
    for name in (
        "accounts.code_requests",
        "accounts.email_claims",
        "messaging.notifications",
        "messaging.caught",
    ):
        assert after[name] == 1, name
    sms = run_retention(now=now + timedelta(days=91), job="messaging.erase_old_sms")
    assert sms == {"messaging.inbound_sms": 1}
    assert InboundSms.objects.get().text == ""


def test_a_rule_that_fails_holds_up_no_other(db, only_own):
    def fail(_now):
        raise RuntimeError("a bug")

    values = {
        "what": "x",
        "why": "x",
        "kept": timedelta(0),
        "due": lambda _: Upload.objects.none(),
    }
    retention.register_retention(Retention(name="a.broken", forget=fail, **values))
    retention.register_retention(Retention(name="b.sound", **values))
    assert run_retention(now=clock.now()) == {"b.sound": 0}


def test_the_command_counts_and_changes_nothing_when_dry(db):
    row = upload("whole", hours=72)
    out = StringIO()
    call_command("privacy_retention", dry_run=True, stdout=out)
    assert "core.loose_uploads" in out.getvalue()
    assert Upload.objects.filter(pk=row.pk).exists()
    call_command("privacy_retention", stdout=StringIO())
    assert not Upload.objects.filter(pk=row.pk).exists()


def test_the_nightly_job_runs_the_rules(db):
    from lokahome.core.tasks import retain

    row = upload("whole", hours=72)
    retain()
    assert not Upload.objects.filter(pk=row.pk).exists()
    assert any(rule.job == OWN_JOB for rule in retentions())
