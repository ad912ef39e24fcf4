"""Back-office pages of the ground: the outbox, the audit log, periodic jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin as BeatTaskAdmin
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from rest_framework_simplejwt.token_blacklist.models import (
    BlacklistedToken,
    OutstandingToken,
)
from unfold.admin import ModelAdmin
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
    BlacklistedToken,
    OutstandingToken,
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

    list_display = ("action", "subject", "actor_id", "reason", "created_at")
    list_filter = ("action",)
    search_fields = ("subject", "actor_id")
    ordering = ("-id",)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BeatTaskAdmin, ModelAdmin):  # type: ignore[misc]
    """Periodic jobs: an operator sees, pauses and runs each."""

    list_display = ("name", "description", "enabled", "interval", "last_run_at")
    list_display_links = ("name",)
    list_fullwidth = True
    actions = ("enable_tasks", "disable_tasks", "run_tasks")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Jobs come from the code (lokahome/schedule.py)."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> bool:
        """A job is paused, not deleted."""
        return False

    def get_readonly_fields(
        self, request: HttpRequest, obj: Any = None
    ) -> tuple[str, ...]:
        """Only the switch and the interval are an operator's."""
        return ("name", "task", "description", "last_run_at", "total_run_count")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what an operator needs."""
        fields = (
            "name",
            "description",
            "enabled",
            "interval",
            "last_run_at",
            "total_run_count",
        )
        return ((None, {"fields": fields}),)
