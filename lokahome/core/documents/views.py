"""Public pages of documents: the check behind the QR code, and signed downloads."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from lokahome.core.documents.kinds import KINDS
from lokahome.core.documents.links import open_link
from lokahome.core.documents.models import SealedDocument
from lokahome.core.documents.sealing import is_intact
from lokahome.core.errors import NotFound
from lokahome.core.money import Money, format_money

NO_INDEX = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@require_safe
def check_page(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether the document with this QR code is genuine, and what it states."""
    document = (
        SealedDocument.objects.select_related("number")
        .filter(number__token=token.replace("\x00", ""))
        .first()
    )
    if document is None:
        page = render(request, "public/document_check.html", {"document": None})
        page.status_code = 404
    else:
        page = render(request, "public/document_check.html", _shown(document))
    for name, value in NO_INDEX.items():
        page[name] = value
    return page


def _shown(document: SealedDocument) -> dict[str, Any]:
    """Return what the page says; nothing of a row that no longer fits its seal."""
    if not is_intact(document):
        return {"document": document, "is_intact": False}
    facts = document.facts
    has_amount = "amount" in facts
    return {
        "document": document,
        "is_intact": True,
        "title": KINDS[document.kind].title,
        "replaced_by": getattr(document, "replaced_by", None),
        "amount": (
            format_money(Money(facts["amount"], facts["currency"]))
            if has_amount
            else ""
        ),
        "facts": facts,
    }


@require_safe
def download(request: HttpRequest, token: str) -> HttpResponse:
    """Send the PDF of a signed link; an old or altered link is a 404."""
    try:
        document, content = open_link(token)
    except NotFound:
        return HttpResponse(status=404, headers=NO_INDEX)
    headers = {
        **NO_INDEX,
        "Content-Disposition": f'inline; filename="{document.label}.pdf"',
        "Content-Security-Policy": "sandbox",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
