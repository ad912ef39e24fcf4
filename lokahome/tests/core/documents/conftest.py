"""A kind of document of the tests' own, drawn by a template of three lines."""

from __future__ import annotations

from uuid import UUID

import pytest

from lokahome.core.documents import issuing
from lokahome.core.documents.issuing import issue_document
from lokahome.core.documents.kinds import KINDS, Kind

AMA = UUID("0193a000-0000-7000-8000-00000000000a")
KOSSI = UUID("0193a000-0000-7000-8000-00000000000b")
FACTS = {
    "amount": 35_000,
    "currency": "XOF",
    "paid_on": "2026-11-23",
    "payer": "A. D.",
    "payee": "K. H.",
    "about": "Loyer de novembre 2026",
}
CONTEXT = {"payer": "Ama Dossou"}


@pytest.fixture(autouse=True)
def documents(settings, tmp_path, monkeypatch):
    """Know the kind ``test``, keep files apart; return where they are."""
    kind = Kind("test", "TS", "Reçu d’essai", "tests/document.html")
    monkeypatch.setitem(KINDS, kind.code, kind)
    templates = [dict(settings.TEMPLATES[0])]
    templates[0]["DIRS"] = [
        *templates[0]["DIRS"],
        settings.BASE_DIR / "lokahome" / "tests" / "templates",
    ]
    settings.TEMPLATES = templates
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "lokahome.core.files.storing.PrivateDisk",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


@pytest.fixture
def quick_pdf(monkeypatch):
    """Draw nothing: a PDF costs a second, and these tests are about its number."""
    drawn = []

    def draw(template, context, *, token):
        drawn.append(context["label"])
        return b"%PDF-1.7 " + context["label"].encode()

    monkeypatch.setattr(issuing, "render_pdf", draw)
    return drawn


def issue(subject="charge:1", **changes):
    """Issue a document about *subject*."""
    return issue_document(
        **{
            "kind": "test",
            "subject": subject,
            "people": [AMA, KOSSI],
            "facts": FACTS,
            "context": CONTEXT,
            **changes,
        }
    )
