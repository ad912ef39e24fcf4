"""Back-office pages of the ground: the outbox, the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.decorators import display

from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.audit.models import AuditEvent
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.events.resending import resend

for unwanted in (
    Group,
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    SolarSchedule,
    PeriodicTask,
):
    admin.site.unregister(unwanted)


def _resend(row: Delivery, order: Order) -> None:
    resend(delivery_id=row.pk, now=order.now)


@admin.register(Delivery)
class DeliveryAdmin(LokaModelAdmin):
    """The outbox: what waits, what was set aside, and why."""

    list_display = (
        "subscriber",
        "subject",
        "lane",
        "shown_status",
        "attempts",
        "last_error",
        "created_at",
    )
    list_filter = ("status", "lane", "subscriber")
    search_fields = ("subject",)
    ordering = ("-position",)
    list_select_related = ("event",)
    queue_filter = {"status": Delivery.Status.PARKED}
    decisions = (
        Decision(
            name="resend",
            label="Remettre en file",
            permission="core.resend_delivery",
            run=_resend,
            is_available=lambda row: row.status == Delivery.Status.PARKED,
            needs_reason=False,
            notice="L’événement sera remis de nouveau à son abonné.",
        ),
    )

    @display(
        description="État",
        ordering="status",
        label={"En attente": "info", "Remis": "success", "Mis de côté": "danger"},
    )
    def shown_status(self, row: Delivery) -> str:
        """Return the state's name."""
        return row.get_status_display()


@admin.register(OutboxEvent)
class OutboxEventAdmin(LokaModelAdmin):
    """Facts, as they were recorded."""

    list_display = ("name", "subject", "created_at", "request_id")
    list_filter = ("name",)
    search_fields = ("subject",)
    ordering = ("-id",)


@admin.register(AuditEvent)
class AuditEventAdmin(LokaModelAdmin):
    """Who did what."""

    list_display = ("action", "subject", "shown_actor", "reason", "created_at")
    list_filter = ("action",)
    search_fields = ("subject", "=actor_id")
    search_help_text = "Objet, ou identifiant de l’auteur"
    ordering = ("-id",)
    fields = (
        "action",
        "subject",
        "shown_actor",
        "reason",
        "details",
        "request_id",
        "created_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Add each actor's handle, where a member of staff acted."""
        staff = get_user_model().objects.filter(pk=OuterRef("actor_id"), is_staff=True)
        rows: QuerySet[AuditEvent] = super().get_queryset(request)
        handle = Subquery(staff.values("username")[:1], output_field=CharField())
        return rows.annotate(handle=handle)

    @display(description="Auteur", ordering="actor_id")
    def shown_actor(self, event: Any) -> str:
        """Return the handle of staff, else the person's id: no name is in the log."""
        return str(event.handle or event.actor_id or "plateforme")
