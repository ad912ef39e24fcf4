"""Issuing: reserve the number, draw, store, seal. Each step may be repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from lokahome.core.clock import local_day
from lokahome.core.clock import now as clock_now
from lokahome.core.db.locks import advisory_lock
from lokahome.core.documents.kinds import KINDS
from lokahome.core.documents.models import DocumentNumber, SealedDocument
from lokahome.core.documents.rendering import render_pdf
from lokahome.core.documents.sealing import seal_of
from lokahome.core.files.storing import keep_private


def issue_document(
    *,
    kind: str,
    subject: str,
    people: Sequence[UUID],
    facts: dict[str, Any],
    context: dict[str, Any],
) -> SealedDocument:
    """Issue the document of *kind* about *subject* (``"charge:<id>"``), once.

    Called again, it returns the same document. *facts* are JSON values without personal
    data beyond initials (keys ``amount``, ``currency``, ``paid_on``, ``payer``,
    ``payee``, ``about``); they are sealed and shown by the check page. *context* is for
    the template, which also gets ``label``, ``issued_on``, ``qr`` and ``check_url``.
    Draws and stores outside any transaction; a crash in between loses nothing, because
    the number is reserved first and found again.
    """
    number = reserve_number(kind=kind, subject=subject)
    known = SealedDocument.objects.filter(number=number).first()
    if known is not None:
        return known
    label = f"{KINDS[kind].prefix}-{number.year}-{number.serial:06d}"
    issued_on = local_day(number.created_at)
    pdf = render_pdf(
        KINDS[kind].template,
        {**context, "label": label, "issued_on": issued_on},
        token=number.token,
    )
    sha = hashlib.sha256(pdf).hexdigest()
    name = keep_private(
        f"documents/{kind}/{number.year}/{number.pk}-{sha[:12]}.pdf", pdf
    )
    facts = {**facts, "issued_on": issued_on.isoformat()}
    with transaction.atomic():
        advisory_lock("document", str(number.pk))
        known = SealedDocument.objects.filter(number=number).first()
        if known is not None:
            return known
        document = SealedDocument(
            number=number,
            kind=kind,
            label=label,
            subject=subject,
            people=list(people),
            facts=facts,
            file_name=name,
            file_sha256=sha,
            seal=seal_of(label=label, kind=kind, subject=subject, facts=facts, sha=sha),
        )
        document.save()
    return document


def reserve_number(*, kind: str, subject: str) -> DocumentNumber:
    """Return the number of *subject*'s document, taking the next one when it has none.

    Numbers of a kind and year have no gaps: they are given out under one lock.
    """
    if kind not in KINDS:
        raise LookupError(f"no kind of document is called {kind}")
    with transaction.atomic():
        known = DocumentNumber.objects.filter(kind=kind, subject=subject).first()
        if known is not None:
            return known
        year = local_day(clock_now()).year
        advisory_lock("document-number", kind, str(year))
        known = DocumentNumber.objects.filter(kind=kind, subject=subject).first()
        if known is not None:
            return known
        of_year = DocumentNumber.objects.filter(kind=kind, year=year)
        last = of_year.aggregate(last=Max("serial"))["last"] or 0
        number = DocumentNumber(kind=kind, year=year, serial=last + 1, subject=subject)
        number.save()
    return number
