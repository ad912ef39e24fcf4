"""Issuing: one document a subject, numbers without gaps, whatever crashes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.files.storage import storages
from django.db.models import Max

from lokahome.core.documents import issuing
from lokahome.core.documents.issuing import reserve_number
from lokahome.core.documents.models import DocumentNumber, SealedDocument
from lokahome.core.ids import uuid7
from lokahome.tests.core.documents.conftest import AMA, issue
from lokahome.tests.threads import race


class Killed(RuntimeError):
    """The process died here."""


def kill(*_args, **_kwargs):
    raise Killed


def serials(kind="test"):
    rows = DocumentNumber.objects.filter(kind=kind).order_by("serial")
    return list(rows.values_list("serial", flat=True))


def test_a_document_has_a_number_a_seal_and_a_file(db, quick_pdf):
    document = issue()
    year = document.number.year
    assert document.label == f"TS-{year}-000001"
    assert document.facts["amount"] == 35_000
    assert document.facts["issued_on"].startswith(str(year))
    with storages["private"].open(document.file_name) as stored:
        assert stored.read() == b"%PDF-1.7 " + document.label.encode()


def test_issuing_again_returns_the_same_document_and_draws_nothing(db, quick_pdf):
    first = issue()
    again = issue(facts={"amount": 1, "currency": "XOF"})
    assert again == first
    assert again.facts["amount"] == 35_000
    assert len(quick_pdf) == 1
    assert SealedDocument.objects.count() == 1


def test_subjects_and_kinds_have_numbers_of_their_own(db, quick_pdf):
    assert issue("charge:1").number.serial == 1
    assert issue("charge:2").number.serial == 2
    assert serials() == [1, 2]


def test_a_kind_that_nobody_registered_is_refused(db):
    with pytest.raises(LookupError):
        issue(kind="invoice")
    assert not DocumentNumber.objects.exists()


def test_each_year_counts_from_one_and_begins_at_midnight_in_benin(db):
    with time_machine.travel(datetime(2026, 12, 31, 22, 59, tzinfo=UTC), tick=False):
        assert reserve_number(kind="test", subject="charge:1").year == 2026
    with time_machine.travel(datetime(2026, 12, 31, 23, 1, tzinfo=UTC), tick=False):
        number = reserve_number(kind="test", subject="charge:2")
    assert (number.year, number.serial) == (2027, 1)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (issuing, "render_pdf"),
        (issuing, "keep_private"),
        (issuing, "seal_of"),
        (SealedDocument, "save"),
    ],
    ids=["while drawing", "while storing", "while sealing", "while saving"],
)
def test_a_crash_between_two_steps_loses_no_number(
    committed, quick_pdf, monkeypatch, place, name
):
    with monkeypatch.context() as patch:
        patch.setattr(place, name, kill)
        with pytest.raises(Killed):
            issue("charge:1")
    assert not SealedDocument.objects.exists()
    other = issue("charge:2")
    retried = issue("charge:1")
    assert retried.number.serial == 1, "the number was reserved before the crash"
    assert other.number.serial == 2
    assert serials() == [1, 2]


def test_numbers_have_no_gap_and_no_twin_when_twenty_are_issued_at_once(
    committed, quick_pdf
):
    documents = race(20, lambda index: issue(f"charge:{index}"))
    assert all(isinstance(document, SealedDocument) for document in documents)
    assert serials() == list(range(1, 21))


def test_without_the_lock_numbers_collide(committed, monkeypatch):
    """The control: everybody reads the last number before anybody takes the next."""
    together = threading.Barrier(4)

    def look(*_):
        DocumentNumber.objects.aggregate(Max("serial"))

    real = DocumentNumber.save

    def save(self, **kwargs):
        together.wait(20)
        real(self, **kwargs)

    monkeypatch.setattr(issuing, "advisory_lock", look)
    monkeypatch.setattr(DocumentNumber, "save", save)
    found = race(
        4, lambda index: reserve_number(kind="test", subject=f"charge:{index}")
    )
    assert sum(isinstance(one, DocumentNumber) for one in found) == 1


def test_ten_at_once_about_one_subject_issue_one_document(committed, quick_pdf):
    documents = race(10, lambda _index: issue("charge:1"))
    assert len({document.pk for document in documents}) == 1
    assert serials() == [1]
    assert SealedDocument.objects.count() == 1


def test_a_document_is_seen_by_the_people_it_names(db, quick_pdf):
    class Person:
        """Somebody."""

        is_staff = False

        def __init__(self, pk):
            self.pk = pk

    issue()
    visible = SealedDocument.objects.visible_to
    assert visible(Person(AMA)).count() == 1
    assert visible(Person(uuid7())).count() == 0
    assert visible(Person(None)).count() == 0


def test_tokens_cannot_be_guessed(db):
    tokens = {
        reserve_number(kind="test", subject=f"charge:{index}").token
        for index in range(20)
    }
    assert len(tokens) == 20
    assert all(len(token) == 22 for token in tokens)
