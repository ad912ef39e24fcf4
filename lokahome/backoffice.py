"""The back-office's frame: title, sidebar, and what the theme is told."""

from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy


def _item(title: str, icon: str, view: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{view}_changelist"),
        "permission": lambda request: request.user.has_perm(permission),
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LOKAHOME",
    "SITE_HEADER": "LOKAHOME",
    "SITE_SUBHEADER": "Bureau de modération et de gestion",
    "SITE_URL": "/",
    "SITE_SYMBOL": "home_work",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
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
