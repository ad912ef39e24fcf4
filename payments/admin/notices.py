"""Webhooks reçus, and the log of calls to gateways."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from lokahome.core.admin.base import LokaModelAdmin
from payments.models import GatewayCall, GatewayNotice


@admin.register(GatewayNotice)
class GatewayNoticeAdmin(LokaModelAdmin):
    """What gateways told us; the bodies stay closed, they may name people."""

    list_display = (
        "created_at",
        "gateway",
        "kind",
        "gateway_object_id",
        "charge",
        "outcome",
        "handled_at",
    )
    list_filter = ("outcome", "kind", "gateway")
    list_select_related = ("charge",)
    search_fields = ("=event_id", "=gateway_object_id", "=charge__reference")
    ordering = ("-id",)
    fields = (
        "gateway",
        "event_id",
        "kind",
        "gateway_object_id",
        "charge",
        "signed_at",
        "occurred_at",
        "created_at",
        "body_digest",
        "body_kept_until",
        "outcome",
        "handled_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[GatewayNotice]:
        """Leave the bodies in the database."""
        rows: QuerySet[GatewayNotice] = super().get_queryset(request)
        return rows.defer("raw_body")


@admin.register(GatewayCall)
class GatewayCallAdmin(LokaModelAdmin):
    """Calls to gateways: outcome, time taken, what was said of the money."""

    list_display = (
        "created_at",
        "gateway",
        "verb",
        "source",
        "charge",
        "outcome",
        "code",
        "said_status",
        "milliseconds",
    )
    list_filter = ("outcome", "verb", "source", "gateway")
    list_select_related = ("charge",)
    search_fields = ("=charge__reference", "=gateway_id")
    ordering = ("-id",)
