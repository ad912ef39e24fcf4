"""SMS that people sent to us, as their carrier handed them over."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel
from messaging.models.conversations import Conversation


class InboundSms(BaseModel):
    """One SMS, stored once however often it is handed over.

    A number can be forged and is recycled: it may post words where its person was asked
    to answer, or silence our SMS, and nothing else. `text` and `sender` are emptied
    after a while (`messaging.services.inbound`).
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("À traiter")
        POSTED = "posted", _("Mis dans la conversation")
        STOPPED = "stopped", _("SMS arrêtés")
        STARTED = "started", _("SMS repris")
        NO_CONVERSATION = "no_conversation", _("Aucune conversation en attente")
        UNKNOWN_NUMBER = "unknown_number", _("Numéro inconnu")
        REFUSED = "refused", _("Refusé")

    gateway = models.CharField(_("passerelle"), max_length=20)
    gateway_message_id = models.CharField(_("n° de la passerelle"), max_length=64)
    sender = models.CharField(_("expéditeur"), max_length=20, blank=True)
    text = models.CharField(_("texte"), max_length=1600, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("personne"),
    )
    conversation = models.ForeignKey(
        Conversation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("conversation"),
    )
    outcome = models.CharField(
        _("suite"), max_length=16, choices=Outcome.choices, default=Outcome.WAITING
    )
    reason = models.CharField(_("motif"), max_length=80, blank=True)
    handled_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    erased_at = models.DateTimeField(_("effacé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("SMS reçu")
        verbose_name_plural = _("SMS reçus")
        indexes = (
            models.Index(fields=["outcome", "-id"], name="messaging_in_outcome"),
            models.Index(
                fields=["created_at"],
                condition=Q(erased_at=None),
                name="messaging_in_retention",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "gateway_message_id"], name="messaging_in_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=(
                        "waiting",
                        "posted",
                        "stopped",
                        "started",
                        "no_conversation",
                        "unknown_number",
                        "refused",
                    )
                ),
                name="messaging_in_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome="waiting", handled_at=None)
                | (~Q(outcome="waiting") & Q(handled_at__isnull=False)),
                name="messaging_in_handled_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="posted") | Q(conversation__isnull=False),
                name="messaging_in_posted_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(sender="", text=""),
                name="messaging_in_erased_is_empty",
            ),
        )

    def __str__(self) -> str:
        return f"{self.gateway} {self.gateway_message_id}"
