"""The call log: what was asked of a gateway, how it went, what it said of the money."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel
from payments.models.charge import Charge
from payments.models.transfer import Transfer


class GatewayCall(AppendOnlyModel):
    """One call to a gateway. No personal data: codes, amounts, states only.

    It is the second leg of the three-way match (gateway's list, this log, ledger).
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Répondu")
        NOT_FOUND = "not_found", _("Inconnu de la passerelle")
        REJECTED = "rejected", _("Refusé")
        UNAVAILABLE = "unavailable", _("Sans réponse")
        UNTRUSTED = "untrusted", _("Réponse incohérente")

    gateway = models.CharField(_("passerelle"), max_length=20)
    verb = models.CharField(_("appel"), max_length=30)
    charge = models.ForeignKey(
        Charge,
        on_delete=models.PROTECT,
        null=True,
        related_name="calls",
        verbose_name=_("paiement"),
    )
    transfer = models.ForeignKey(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        related_name="calls",
        verbose_name=_("transfert"),
    )
    source = models.CharField(_("origine"), max_length=20, blank=True)
    outcome = models.CharField(_("issue"), max_length=12, choices=Outcome.choices)
    code = models.CharField(_("code"), max_length=60, blank=True)
    milliseconds = models.PositiveIntegerField(_("durée (ms)"))
    gateway_id = models.CharField(_("n° de la passerelle"), max_length=64, blank=True)
    said_status = models.CharField(_("état annoncé"), max_length=20, blank=True)
    said_amount = models.BigIntegerField(_("montant annoncé"), null=True)
    said_currency = models.CharField(_("devise annoncée"), max_length=3, blank=True)
    said_fee = models.BigIntegerField(_("frais annoncés"), null=True)

    class Meta:
        verbose_name = _("appel à la passerelle")
        verbose_name_plural = _("appels à la passerelle")
        indexes = (
            models.Index(fields=["charge", "id"], name="gateway_call_of_charge"),
            models.Index(fields=["transfer", "id"], name="gateway_call_of_transfer"),
            models.Index(fields=["gateway", "-id"], name="gateway_call_of_gateway"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(said_amount__isnull=True) | ~Q(said_status=""),
                name="gateway_call_amount_has_status",
            ),
        )

    def __str__(self) -> str:
        return f"{self.gateway} {self.verb} {self.outcome}"
