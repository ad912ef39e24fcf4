"""Where a home is, to the door: masked, until somebody said why they have to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy as _

from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.revealing import DEED, count_reveal
from lokahome.core.audit.record import record

ADDRESS_REVEALED = "person.address_revealed"
REASONS = (
    "Je compare le point avec le repère de l’annonce.",
    "Un danger est signalé : je dois dire où aller.",
    "Deux annonces semblent être le même logement.",
)


def coordinates(point: Point | None) -> str:
    """Return « 6.36140, 2.39940 », ready to paste into a map."""
    return f"{point.y:.5f}, {point.x:.5f}" if point else "—"


def address_reveal(permission: str, *, whose: Callable[[Any], UUID]) -> Decision:
    """Return the decision that shows an address; *whose* gives the person's id."""

    def run(row: Any, order: Order) -> None:
        count_reveal(actor_id=order.actor_id, now=order.now)
        record(
            ADDRESS_REVEALED,
            subject=f"user:{whose(row)}",
            actor_id=order.actor_id,
            reason=order.reason,
            details={"object": f"{row._meta.model_name}:{row.pk}"},
        )

    return Decision(
        name=DEED,
        label=str(_("Révéler l’adresse")),
        permission=permission,
        run=run,
        reasons=REASONS,
        notice=str(
            _(
                "L’adresse exacte s’affiche pour vous pendant 15 minutes. Votre motif"
                " reste au journal, ici et sur la page de la personne."
            )
        ),
    )
