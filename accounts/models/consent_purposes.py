"""What people may agree to, and the texts that they agree to.

The table is data. Using the platform needs none of it: what a contract or the law asks
for is told in the terms, never put to a vote. A text whose meaning changes gets a new
version; whoever agreed to the old one is asked again, and counts as not agreeing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ConsentPurpose(models.TextChoices):
    """The purposes, each agreed to apart from the others."""

    NEWS = "news", _("Nouvelles et offres")
    RECOMMENDATIONS = "recommendations", _("Annonces proposées")
    STATISTICS = "statistics", _("Mesure de l’usage")
    LOCATION = "location", _("Position du téléphone")


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text of one purpose, in the version that is put to people now."""

    purpose: ConsentPurpose
    version: str
    text: str | Promise


CONSENT_TEXTS = {
    item.purpose.value: item
    for item in (
        ConsentText(
            ConsentPurpose.NEWS,
            "2026-11",
            _(
                "LOKAHOME peut m’écrire ses nouvelles et ses offres, par SMS et par"
                " courriel."
            ),
        ),
        ConsentText(
            ConsentPurpose.RECOMMENDATIONS,
            "2026-11",
            _("LOKAHOME peut me proposer des annonces d’après mes recherches."),
        ),
        ConsentText(
            ConsentPurpose.STATISTICS,
            "2026-11",
            _("LOKAHOME peut compter comment j’utilise l’application."),
        ),
        ConsentText(
            ConsentPurpose.LOCATION,
            "2026-11",
            _(
                "LOKAHOME peut utiliser la position de mon téléphone pour chercher près"
                " de moi."
            ),
        ),
    )
}
"""By purpose."""
