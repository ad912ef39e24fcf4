"""The back-office's frame: what the theme is told, the sidebar, the first page."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

from lokahome.backoffice.sidebar import navigation

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "LOKAHOME",
    "SITE_HEADER": "LOKAHOME",
    "SITE_SUBHEADER": "Bureau de modération et de gestion",
    "SITE_URL": "/",
    "SITE_SYMBOL": "home_work",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "lokahome.backoffice.day.first_page",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "/static/public/icon.svg"}
    ],
    "STYLES": [lambda request: static("lokahome/backoffice.css")],
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
    "ACCOUNT": {
        "navigation": [
            {"title": "Mes accès", "link": reverse_lazy("staff-door:access")}
        ]
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": navigation(),
    },
}
