"""Receipts (*reçus*): one sealed paper for each captured charge."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.people import person_name
from lokahome.core.clock import local_day
from lokahome.core.documents.issuing import issue_document
from lokahome.core.documents.kinds import register_kind
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.money import Money, format_money
from payments.models import Charge, Receipt

RECEIPT = register_kind(
    "receipt",
    prefix="RC",
    title=gettext_lazy("Reçu de paiement"),
    template="pdf/receipt.html",
)


class NotPaid(StateConflict):
    """A receipt is for money that was taken; this payment is not there (yet)."""

    code = "receipt.not_paid"

    def default_detail(self) -> str:
        return _("Aucun reçu : ce paiement n’est pas encaissé.")


def issue_receipt(*, charge_id: UUID, now: datetime) -> Receipt:
    """Issue the receipt of a captured charge, once; return it.

    Draws outside any transaction (documents lane); called again it returns the same.
    Amount and date are what the gateway says it took, never what was asked. Raises
    NotFound, NotPaid.
    """
    charge = Charge.objects.filter(pk=charge_id).first()
    if charge is None:
        raise NotFound
    if charge.captured_amount is None or charge.captured_at is None:
        raise NotPaid
    known = Receipt.objects.filter(charge=charge).first()
    if known is not None:
        return known
    payer, payee = person_name(charge.payer_id), person_name(charge.payee_id)
    paid_on = local_day(charge.captured_at)
    # A paper has one language, whoever's request or lane draws it.
    with translation.override("fr"):
        document = issue_document(
            kind=RECEIPT.code,
            subject=f"charge:{charge.pk}",
            people=(charge.payer_id, charge.payee_id),
            facts={
                "amount": charge.captured_amount,
                "currency": charge.currency,
                "paid_on": paid_on.isoformat(),
                "payer": initials(payer),
                "payee": initials(payee),
                "about": charge.description,
            },
            context={
                "amount": format_money(Money(charge.captured_amount, charge.currency)),
                "payer": payer,
                "payee": payee,
                "paid_on": paid_on,
                "operator": charge.get_operator_display(),
                "reference": charge.reference,
                "gateway_reference": charge.gateway_id,
                "description": charge.description,
            },
        )
    with transaction.atomic():
        receipt, is_new = Receipt.objects.get_or_create(
            charge=charge,
            defaults={
                "document_id": document.pk,
                "number": document.label,
                "issued_at": now,
            },
        )
        if is_new:
            # The payment shows its receipt: what apps have cached is past.
            Charge.objects.filter(pk=charge.pk).update(version=F("version") + 1)
    return receipt


def initials(name: str) -> str:
    """Return ``A. K.`` for ``Ama Kossou``: all that the public check page may show."""
    return " ".join(f"{part[0].upper()}." for part in name.split())
