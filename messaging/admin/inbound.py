"""SMS reçus: what people sent to our number, and what became of it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_phone
from messaging.models import InboundSms


@admin.register(InboundSms)
class InboundSmsAdmin(LokaModelAdmin):
    """Received SMS; the number is masked, and the words stay closed.

    An answer to somebody's message is part of a conversation, which staff read through
    a case and nowhere else.
    """

    list_display = (
        "created_at",
        "gateway",
        "shown_sender",
        "shown_outcome",
        "reason",
        "handled_at",
    )
    list_filter = ("outcome", "gateway")
    search_fields = ("=gateway_message_id",)
    ordering = ("-id",)
    fields = (
        "created_at",
        "gateway",
        "gateway_message_id",
        "shown_sender",
        "person_id",
        "shown_outcome",
        "reason",
        "handled_at",
        "erased_at",
    )
    readonly_fields = fields

    @display(description=_("Expéditeur"))
    def shown_sender(self, row: InboundSms) -> str:
        """Return the number, its middle hidden."""
        return masked_phone(row.sender)

    @display(
        description=_("Suite"),
        ordering="outcome",
        label={
            "À traiter": "info",
            "Mis dans la conversation": "success",
            "Refusé": "danger",
        },
    )
    def shown_outcome(self, row: InboundSms) -> str:
        """Return what became of it."""
        return row.get_outcome_display()
