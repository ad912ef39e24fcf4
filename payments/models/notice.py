"""Webhooks as they came: rumours, kept so that a dispute can be settled by the bytes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel
from payments.models.charge import Charge
from payments.models.transfer import Transfer


class GatewayNotice(BaseModel):
    """One event of a gateway, stored once however often it is delivered.

    ``raw_body`` may hold the payer's name and phone: it is shown to nobody by default
    and emptied after ``body_kept_until`` (`payments.services.notices`).
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("À traiter")
        CONFIRMED = "confirmed", _("Passerelle interrogée")
        UNKNOWN = "unknown", _("Référence inconnue")
        IGNORED = "ignored", _("Sans objet")

    gateway = models.CharField(_("passerelle"), max_length=20)
    event_id = models.CharField(_("événement"), max_length=120)
    kind = models.CharField(_("nature"), max_length=64)
    object_type = models.CharField(_("objet"), max_length=10)
    gateway_object_id = models.CharField(_("n° de la passerelle"), max_length=64)
    charge = models.ForeignKey(
        Charge,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        verbose_name=_("paiement"),
    )
    transfer = models.ForeignKey(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        verbose_name=_("transfert"),
    )
    signed_at = models.DateTimeField(_("signé le"))
    occurred_at = models.DateTimeField(_("survenu le"), null=True)
    raw_body = models.BinaryField(_("corps reçu"))
    body_digest = models.CharField(_("empreinte du corps"), max_length=64)
    headers = models.JSONField(_("en-têtes"), default=dict)
    body_kept_until = models.DateTimeField(_("corps conservé jusqu’au"))
    outcome = models.CharField(
        _("suite"), max_length=10, choices=Outcome.choices, default=Outcome.WAITING
    )
    handled_at = models.DateTimeField(_("traité le"), null=True)

    class Meta:
        verbose_name = _("webhook reçu")
        verbose_name_plural = _("webhooks reçus")
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "event_id"], name="notice_event_is_stored_once"
            ),
            models.UniqueConstraint(
                fields=["gateway", "body_digest"], name="notice_body_is_stored_once"
            ),
            models.CheckConstraint(
                condition=models.Q(outcome="waiting", handled_at__isnull=True)
                | (~models.Q(outcome="waiting") & models.Q(handled_at__isnull=False)),
                name="notice_handled_has_moment",
            ),
        )
        indexes = (
            models.Index(
                fields=["gateway", "gateway_object_id"], name="notice_of_object"
            ),
            models.Index(fields=["body_kept_until"], name="notice_body_retention"),
        )

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"
