"""What is written once stays as it was written, whoever asks."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from lokahome.core.audit.models import AuditEvent, AuditPersonalData
from lokahome.core.audit.record import record
from lokahome.core.db.grants import append_only_tables, grant_application_role
from lokahome.core.db.models import AppendOnlyError
from lokahome.core.request_id import begin_request_id
from lokahome.tests.databases import owner_connection

TABLES = append_only_tables()


@pytest.fixture
def event(db):
    begin_request_id("request-of-a-test")
    return record(
        "listing.published",
        subject="listing:1",
        actor_id=uuid4(),
        reason="conforme",
        details={"status": "published"},
        personal={"ip": "192.0.2.1"},
    )


def refused(sql):
    """Run *sql* as the application's role and return why the database refused."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        execute(sql)
    return refusal.value.__cause__.sqlstate


def test_a_deed_is_recorded_with_the_request_that_did_it(event):
    row = AuditEvent.objects.get()
    assert (row.action, row.subject) == ("listing.published", "listing:1")
    assert row.request_id == "request-of-a-test"
    assert row.details == {"status": "published"}


def test_personal_values_live_apart_and_can_be_erased(event):
    assert "192.0.2.1" not in str(AuditEvent.objects.values().get())
    assert AuditPersonalData.objects.get().values == {"ip": "192.0.2.1"}
    AuditPersonalData.objects.filter(person_id=event.actor_id).delete()
    assert AuditEvent.objects.count() == 1


def test_the_models_refuse_before_the_database_has_to(event):
    event.reason = "autre"
    with pytest.raises(AppendOnlyError):
        event.save()
    with pytest.raises(AppendOnlyError):
        event.delete()


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_the_application_may_neither_change_nor_delete_what_is_written_once(table):
    insufficient_privilege = "42501"
    assert refused(f"UPDATE {table} SET id = id") == insufficient_privilege
    assert refused(f"DELETE FROM {table}") == insufficient_privilege
    assert refused(f"TRUNCATE {table} CASCADE") == insufficient_privilege


def test_a_trigger_refuses_even_the_owner(committed):
    with transaction.atomic():
        event = record("a.deed", subject="x:1", actor_id=None)
    with owner_connection() as owner:
        for sql in (
            "UPDATE core_auditevent SET reason = 'autre' WHERE id = %s",
            "DELETE FROM core_auditevent WHERE id = %s",
        ):
            with pytest.raises(Exception, match="written once"):
                owner.execute(sql, [event.pk])
    assert AuditEvent.objects.get().reason == ""


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_every_append_only_table_has_its_trigger(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND tgname = 'written_once'",
            [table],
        )
        assert cursor.fetchall() == [("O",)]


def test_the_audit_log_the_history_and_the_outbox_are_written_once():
    assert {
        "core_auditevent",
        "core_statechange",
        "core_outboxevent",
        "core_documentnumber",
        "core_sealeddocument",
    } <= set(TABLES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE core_auditevent",
        "ALTER TABLE core_delivery ADD COLUMN mine int",
        "CREATE INDEX mine ON core_delivery (status)",
        "DROP TRIGGER written_once ON core_auditevent",
        "ALTER TABLE core_auditevent DISABLE TRIGGER written_once",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SET ROLE lokahome_owner",
        "SET session_replication_role = replica",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
        "GRANT UPDATE ON core_auditevent TO PUBLIC",
    ],
)
def test_the_application_has_no_ddl(sql):
    # GRANT by a non-owner is a warning, not an error: look at what it did.
    undone = "SELECT 1 / (has_table_privilege('core_auditevent', 'UPDATE'))::int"
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(sql, undone)


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.django_db
def test_the_application_is_an_ordinary_role():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db(databases=["default", "owner"])
def test_granting_again_changes_nothing():
    rights = (
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = %s ORDER BY 1, 2"
    )
    role = connection.settings_dict["USER"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(rights, [role])
        before = cursor.fetchall()
        grant_application_role("owner")
        cursor.execute(rights, [role])
        assert cursor.fetchall() == before
    assert ("core_auditevent", "INSERT") in before
    assert ("core_auditevent", "UPDATE") not in before


@pytest.mark.django_db(databases=["default", "owner"])
def test_nothing_is_granted_when_both_roles_are_one(settings, monkeypatch):
    """E004 reports it outside DEBUG; a trigger still guards what is written once."""
    owner = connections["owner"].settings_dict["USER"]
    monkeypatch.setitem(settings.DATABASES["default"], "USER", owner)
    grant_application_role("owner")
