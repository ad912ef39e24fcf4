"""Sanctions as the page of a person shows them and as it imposes them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.admin.case_deciding import actor_of
from accounts.admin.sanction_forms import SanctionForm
from accounts.models import Sanction, User
from accounts.services.moderation.sanctions import impose_sanction
from lokahome.core.admin.decisions import Decision, Order

SHOWN = 20
SANCTION_DEEDS = {
    "sanction.proposed": _("Sanction proposée"),
    "sanction.imposed": _("Sanction prise"),
    "sanction.approved": _("Sanction approuvée"),
    "sanction.refused": _("Sanction non approuvée"),
    "sanction.lift_asked": _("Levée de la sanction demandée"),
    "sanction.kept": _("Sanction maintenue"),
    "sanction.lifted": _("Sanction levée"),
    "appeal.filed": _("Recours déposé"),
    "appeal.upheld": _("Recours : décision confirmée"),
    "appeal.overturned": _("Recours : décision annulée"),
    "appeal.modified": _("Recours : sanction allégée"),
    "person.identity_linked": _("Compte externe lié"),
    "person.identity_unlinked": _("Compte externe retiré"),
    "person.email_removed": _("Adresse de courriel retirée"),
}


def _sanction(person: User, order: Order) -> object:
    return impose_sanction(
        person_id=person.pk,
        kind=order.choices["kind"],
        reason=order.choices["grounds"],
        words=order.reason,
        notice=order.choices["notice"],
        days=order.choices["days"],
        actor=actor_of(order),
        now=order.now,
    )


def _is_of_the_platform(person: Any) -> bool:
    return not person.is_staff and person.erased_at is None


SANCTION_PERSON = Decision(
    name="sanction",
    label=str(_("Sanctionner")),
    permission="accounts.impose_sanction",
    run=_sanction,
    is_available=_is_of_the_platform,
    form=SanctionForm,
    notice=str(
        _(
            "La personne est avertie et peut faire un recours, qu’un autre membre de "
            "l’équipe examine. Le motif reste interne."
        )
    ),
    is_danger=True,
)


def sanctions_of(person: User) -> str:
    """Return safe HTML: a line for each sanction, the newest first."""
    rows = Sanction.objects.filter(person=person).order_by("-id")[:SHOWN]
    lines = (
        (
            reverse("admin:accounts_sanction_change", args=[row.pk]),
            row.get_kind_display(),
            row.get_status_display(),
        )
        for row in rows
    )
    return format_html_join("\n", '<div><a href="{}">{}</a> · {}</div>', lines)
