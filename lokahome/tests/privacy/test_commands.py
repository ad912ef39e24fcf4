"""The commands of privacy."""

from __future__ import annotations

import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ErasureRequest, Phone
from lokahome.core.audit.models import AuditEvent
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_person


@pytest.fixture
def person(db):
    """Return somebody with a number."""
    return make_person(name="Ama Dossou", phone="+2290197000001", roles=("tenant",))


def test_a_copy_is_written_for_its_owner_to_read_alone(person, tmp_path):
    target = tmp_path / "ama.zip"
    values = (
        *("--user", str(person.pk)),
        *("--reason", "Lettre du 3 mai."),
        *("--output", str(target)),
    )
    call_command("privacy_export", *values, stdout=StringIO())
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as archive:
        assert "+2290197000001" in archive.read("donnees.json").decode()
    assert AuditEvent.objects.get(action="export.written_by_operator").reason
    with pytest.raises(CommandError, match="not written"):
        call_command("privacy_export", *values, stdout=StringIO())


def test_a_dry_run_prints_the_plan_and_changes_nothing(person):
    out = StringIO()
    call_command("privacy_erase", user=str(person.pk), dry_run=True, stdout=out)
    assert "accounts.Phone" in out.getvalue()
    assert "+229" not in out.getvalue()
    assert not ErasureRequest.objects.exists()
    assert Phone.objects.filter(user=person).exists()


def test_without_it_the_erasure_is_asked_for_and_still_waits_seven_days(person):
    out = StringIO()
    call_command("privacy_erase", user=str(person.pk), stdout=out)
    assert out.getvalue().startswith("scheduled")
    assert Phone.objects.filter(user=person).exists()
    with pytest.raises(CommandError, match="erasure.open"):
        call_command("privacy_erase", user=str(person.pk), stdout=out)


@pytest.mark.parametrize("command", ["privacy_erase", "privacy_export"])
def test_nobody_has_no_data(db, command, tmp_path):
    more = ("--reason", "x", "--output", str(tmp_path / "x"))
    with pytest.raises(CommandError, match="nobody"):
        call_command(
            command, "--user", str(uuid7()), *(more if "export" in command else ())
        )
