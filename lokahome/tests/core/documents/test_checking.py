"""The page behind the QR code, and links to the PDF itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as live
from psycopg.types.json import Jsonb

from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.documents.issuing import reserve_number
from lokahome.core.documents.links import signed_link
from lokahome.core.documents.models import SealedDocument
from lokahome.core.documents.sealing import is_intact
from lokahome.tests.core.documents.conftest import AMA, FACTS, issue
from lokahome.tests.databases import owner_connection

GENUINE, ALTERED, UNKNOWN = "authentique", "modifié", "inconnu"


def page(client, document):
    return client.get(f"/r/{document.number.token}")


def path(link):
    return link["url"].removeprefix(live.PUBLIC_URL)


def link_to(document, now=None):
    return signed_link(document, reader_id=AMA, now=now or clock.now())


# --- The check page ------------------------------------------------------------------


def test_a_code_with_a_nul_in_it_is_unknown_and_no_fault(db, client):
    answer = client.get("/r/%00")
    assert answer.status_code == 404
    assert UNKNOWN in answer.content.decode()


def test_a_genuine_document_is_shown_with_what_it_states(client, db, quick_pdf):
    document = issue()
    response = page(client, document)
    text = response.content.decode()
    assert response.status_code == 200
    assert GENUINE in text
    for stated in (document.label, "35\u202f000\u00a0F\u00a0CFA", "A. D.", "K. H."):
        assert stated in text


def test_the_page_knows_no_more_of_a_person_than_initials(client, db, quick_pdf):
    text = page(client, issue()).content.decode()
    assert "Dossou" not in text
    assert str(AMA) not in text


def test_the_page_is_neither_indexed_nor_kept(client, db, quick_pdf):
    response = page(client, issue())
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("token", ["x", "a" * 22, "a" * 500, "%27%3B--", "é"])
def test_an_unknown_code_is_said_to_be_unknown(client, db, token):
    response = client.get(f"/r/{token}")
    assert response.status_code == 404
    assert UNKNOWN in response.content.decode()


def test_a_number_without_its_document_is_not_vouched_for(client, db):
    number = reserve_number(kind="test", subject="charge:1")
    response = client.get(f"/r/{number.token}")
    assert response.status_code == 404
    assert UNKNOWN in response.content.decode()


def test_the_page_only_reads(client, db, quick_pdf):
    document = issue()
    assert client.post(f"/r/{document.number.token}").status_code == 405


def test_a_document_without_an_amount_is_shown_all_the_same(client, db, quick_pdf):
    response = page(client, issue(facts={"about": "Bail"}))
    assert response.status_code == 200
    assert "Bail" in response.content.decode()


def test_a_document_that_was_replaced_says_by_which(client, db, quick_pdf):
    first, second = issue("charge:1"), issue("charge:2")
    fields = {
        field.attname: getattr(second, field.attname)
        for field in SealedDocument._meta.local_fields
    }
    third = reserve_number(kind="test", subject="charge:3")
    fields |= {"id": third.pk, "number_id": third.pk, "label": "TS-2026-000003"}
    SealedDocument(**fields | {"replaces_id": first.pk}).save()
    assert "TS-2026-000003" in page(client, first).content.decode()


EDITS = [
    ("facts", {**FACTS, "amount": 350_000}),
    ("facts", {**FACTS, "payer": "Z. Z."}),
    ("facts", {}),
    ("facts", {"amount": "beaucoup", "currency": "?"}),
    ("label", "TS-2026-000099"),
    ("subject", "charge:99"),
    ("kind", "other"),
    ("file_sha256", "0" * 64),
    ("seal", "0" * 64),
]


def test_a_row_that_its_owner_edits_breaks_the_seal(client, committed, quick_pdf):
    """Even the role that can switch the triggers off has no key: it is not in here."""
    document = issue()
    assert is_intact(document)
    with owner_connection() as owner:
        owner.execute("ALTER TABLE core_sealeddocument DISABLE TRIGGER written_once")
        try:
            for column, value in EDITS:
                before = owner.execute(
                    f"SELECT {column} FROM core_sealeddocument"
                ).fetchone()[0]
                for new, verdict in ((value, ALTERED), (before, GENUINE)):
                    stored = Jsonb(new) if column == "facts" else new
                    owner.execute(
                        f"UPDATE core_sealeddocument SET {column} = %s", [stored]
                    )
                    response = page(client, document)
                    assert response.status_code == 200
                    text = response.content.decode()
                    assert verdict in text, column
                    assert (GENUINE in text) == (verdict == GENUINE)
        finally:
            owner.execute("ALTER TABLE core_sealeddocument ENABLE TRIGGER written_once")


def test_a_seal_of_another_key_is_no_seal(db, quick_pdf, settings):
    document = issue()
    settings.DOCUMENT_SEAL_KEY = "another key" * 4
    assert not is_intact(SealedDocument.objects.get(pk=document.pk))


# --- Signed links --------------------------------------------------------------------


def test_a_link_opens_the_pdf_and_each_view_is_logged(client, db, quick_pdf):
    document = issue()
    link = link_to(document)
    for _ in range(2):
        response = client.get(path(link))
        assert response.status_code == 200
        assert response["Content-Type"] == "application/pdf"
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Security-Policy"] == "sandbox"
        assert hashlib.sha256(response.content).hexdigest() == document.file_sha256
    deeds = AuditEvent.objects.filter(action="document.viewed")
    assert deeds.count() == 2
    assert {deed.actor_id for deed in deeds} == {AMA}
    assert deeds[0].subject == f"document:{document.pk}"


def test_a_link_lives_five_minutes(client, db, quick_pdf):
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as traveller:
        link = link_to(issue())
        assert link["expires_at"] == "2026-11-23T12:05:00Z"
        traveller.shift(timedelta(minutes=4, seconds=59))
        assert client.get(path(link)).status_code == 200
        traveller.shift(timedelta(seconds=2))
        assert client.get(path(link)).status_code == 404
    assert AuditEvent.objects.filter(action="document.viewed").count() == 1


def test_a_link_that_was_altered_opens_nothing_and_leaves_no_trace(
    client, db, quick_pdf
):
    address = path(link_to(issue()))
    for bent in (address[:-1], address + "x", address.replace("/d/", "/d/x"), "/d/x"):
        assert client.get(bent).status_code == 404
    assert not AuditEvent.objects.filter(action="document.viewed").exists()


def test_a_link_says_nothing_that_can_be_read_off_it_but_ids(db, quick_pdf):
    assert "Dossou" not in link_to(issue())["url"]


def test_a_file_that_is_not_the_one_that_was_sealed_is_not_sent(
    client, db, quick_pdf, documents
):
    document = issue()
    Path(documents, document.file_name).write_bytes(b"%PDF-1.7 another")
    assert client.get(path(link_to(document))).status_code == 404
    assert not AuditEvent.objects.filter(action="document.viewed").exists()
