"""Messages sortants: what left, what is stuck, and the decision to try again."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import User
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from messaging.models import OutgoingMessage
from messaging.policies import RESEND, STUCK
from messaging.services.resending import request_resend


def _resend(message: OutgoingMessage, order: Order) -> None:
    request_resend(
        message_id=message.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
    )


@admin.register(OutgoingMessage)
class OutgoingMessageAdmin(LokaModelAdmin):
    """Messages by fact and person; their text exists nowhere."""

    list_display = (
        "fact",
        "channel",
        "template",
        "shown_status",
        "shown_delivery",
        "attempts",
        "last_error",
        "created_at",
        "sent_at",
    )
    list_filter = ("status", "delivery", "channel", "template")
    search_fields = ("fact", "person_id")
    ordering = ("-id",)
    fields = (
        "fact",
        "person_id",
        "channel",
        "template",
        "context_ids",
        "status",
        "attempts",
        "last_error",
        "transport_id",
        "created_at",
        "not_before",
        "sent_at",
        "shown_delivery",
        "delivery_error",
        "delivery_reported_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="resend",
            label=str(_("Renvoyer")),
            permission=RESEND,
            run=_resend,
            is_available=lambda message: (
                message.status in STUCK and not message.is_code
            ),
            notice=str(_("Le message sera écrit de nouveau et envoyé.")),
        ),
    )

    @display(
        description=_("État"),
        ordering="status",
        label={
            "En attente": "info",
            "Envoyé": "success",
            "Échec, sera repris": "warning",
            "Abandonné": "danger",
        },
    )
    def shown_status(self, message: OutgoingMessage) -> str:
        """Return the state's name."""
        return message.get_status_display()

    @display(
        description=_("Remise"),
        ordering="delivery",
        label={"Remis": "success", "Non remis": "danger"},
    )
    def shown_delivery(self, message: OutgoingMessage) -> str:
        """Return what the carrier reported, or a dash."""
        return message.get_delivery_display() or "—"
