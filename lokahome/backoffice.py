"""The back-office's frame: title, sidebar, first page, and what the theme is told."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy


def _item(title: str, icon: str, view: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{view}_changelist"),
        "permission": lambda request: request.user.has_perm(permission),
    }


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits for this member of staff: a count and its list, one query each."""
    # Models cannot be imported while settings are read, and this module is part of them.
    from accounts.models import Case
    from lokahome.core.models import Delivery
    from payments.models import Charge, ReconciliationRun
    from properties.models import Listing

    user: Any = request.user
    tiles = []
    for label, permission, rows, view, query in (
        (
            "Annonces à modérer",
            "properties.view_listing",
            Listing.objects.awaiting_review(),
            "properties_listing",
            "",
        ),
        (
            "Dossiers ouverts",
            "accounts.view_case",
            Case.objects.filter(status=Case.Status.OPEN),
            "accounts_case",
            "",
        ),
        (
            "Paiements à examiner",
            "payments.view_charge",
            Charge.objects.filter(status="in_review"),
            "payments_charge",
            "?status__exact=in_review",
        ),
        (
            "Événements mis de côté",
            "core.view_delivery",
            Delivery.objects.filter(status=Delivery.Status.PARKED),
            "core_delivery",
            "?status__exact=parked",
        ),
    ):
        if user.has_perm(permission):
            link = reverse(f"admin:{view}_changelist") + query
            oldest = rows.order_by("created_at").values_list("created_at", flat=True)
            tiles.append(
                {
                    "label": label,
                    "count": rows.order_by().count(),
                    "oldest": oldest.first(),
                    "link": link,
                }
            )
    if user.has_perm("payments.view_reconciliationrun"):
        context["last_run"] = ReconciliationRun.objects.order_by("-id").first()
    return {**context, "tiles": tiles, "title": "Ma journée", "subtitle": None}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LOKAHOME",
    "SITE_HEADER": "LOKAHOME",
    "SITE_SUBHEADER": "Bureau de modération et de gestion",
    "SITE_URL": "/",
    "SITE_SYMBOL": "home_work",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "lokahome.backoffice.first_page",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "/static/public/icon.svg"}
    ],
    "COLORS": {
        "primary": {
            "50": "#eefaf5",
            "100": "#d5f2e5",
            "200": "#aee4cd",
            "300": "#79cfae",
            "400": "#43b38b",
            "500": "#1f9771",
            "600": "#12795a",
            "700": "#0b5c46",
            "800": "#0b4d3c",
            "900": "#0a4033",
            "950": "#04241d",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "À traiter",
                "items": [
                    _item(
                        "Annonces à modérer",
                        "fact_check",
                        "properties_listing",
                        "properties.view_listing",
                    ),
                    _item("Dossiers", "inbox", "accounts_case", "accounts.view_case"),
                ],
            },
            {
                "title": "Personnes",
                "items": [
                    _item(
                        "Utilisateurs", "group", "accounts_user", "accounts.view_user"
                    )
                ],
            },
            {
                "title": "Offre",
                "items": [
                    _item(
                        "Biens",
                        "apartment",
                        "properties_property",
                        "properties.view_property",
                    )
                ],
            },
            {
                "title": "Activité",
                "items": [
                    _item(
                        "Candidatures",
                        "how_to_reg",
                        "properties_application",
                        "properties.view_application",
                    ),
                    _item(
                        "Baux", "contract", "properties_lease", "properties.view_lease"
                    ),
                ],
            },
            {
                "title": "Argent",
                "items": [
                    _item(
                        "Paiements",
                        "payments",
                        "payments_charge",
                        "payments.view_charge",
                    ),
                    _item(
                        "Grand livre",
                        "menu_book",
                        "payments_journalentry",
                        "payments.view_journalentry",
                    ),
                    _item(
                        "Reçus",
                        "receipt_long",
                        "payments_receipt",
                        "payments.view_receipt",
                    ),
                    _item(
                        "Rapprochements",
                        "rule",
                        "payments_reconciliationrun",
                        "payments.view_reconciliationrun",
                    ),
                ],
            },
            {
                "title": "Système",
                "items": [
                    _item(
                        "Boîte d’envoi",
                        "outbox",
                        "core_delivery",
                        "core.view_delivery",
                    ),
                    _item(
                        "Webhooks reçus",
                        "webhook",
                        "payments_gatewaynotice",
                        "payments.view_gatewaynotice",
                    ),
                    _item(
                        "Appels aux passerelles",
                        "swap_horiz",
                        "payments_gatewaycall",
                        "payments.view_gatewaycall",
                    ),
                    _item(
                        "Messages sortants",
                        "sms",
                        "messaging_outgoingmessage",
                        "messaging.view_outgoingmessage",
                    ),
                    _item(
                        "Tâches planifiées",
                        "schedule",
                        "django_celery_beat_periodictask",
                        "django_celery_beat.view_periodictask",
                    ),
                    _item(
                        "Journal d’audit",
                        "history",
                        "core_auditevent",
                        "core.view_auditevent",
                    ),
                ],
            },
        ],
    },
}
