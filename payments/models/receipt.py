"""Receipts (*reçus*): one sealed document for each captured charge."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel, VisibleQuerySet
from payments.models.charge import Charge


class ReceiptQuerySet(VisibleQuerySet["Receipt"]):
    """Receipts, by who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return the receipts of charges that *user* pays or is paid by; all to finance."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff and user.has_perm("payments.view_receipt"):
            return self
        return self.filter(Q(charge__payer_id=user.pk) | Q(charge__payee_id=user.pk))


class Receipt(BaseModel):
    """The *reçu* of one charge; the paper itself is a sealed document of the core."""

    version = 1
    """Answers conditional requests; a receipt never has another."""

    charge = models.OneToOneField(
        Charge,
        on_delete=models.PROTECT,
        related_name="receipt",
        verbose_name=_("paiement"),
    )
    document_id = models.UUIDField(_("document"), unique=True)
    number = models.CharField(_("numéro"), max_length=40, unique=True)
    issued_at = models.DateTimeField(_("émis le"))

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("reçu")
        verbose_name_plural = _("reçus")

    def __str__(self) -> str:
        return self.number
