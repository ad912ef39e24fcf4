"""Who somebody is, shown for a quarter of an hour to who said why; and who did what."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffChange, User
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.revealing import DEED, count_reveal
from lokahome.core.audit.models import AuditEvent

SHOWN_DEEDS = 30
REASONS = (
    "La personne appelle : je vérifie que c’est bien elle.",
    "Je dois la joindre au sujet de son dossier.",
    "Je compare le nom avec celui d’une pièce.",
)
STAFF_DEEDS: dict[str, Any] = {
    "staff.added": _("Entrée dans l’équipe"),
    "staff.entered": _("Entrée au bureau"),
    "staff.entry_refused": _("Second facteur refusé"),
    "staff.factor_added": _("Second facteur inscrit"),
    "staff.factor_removed": _("Second facteur retiré"),
    "staff.entry_stopped": _("Entrée arrêtée après trop de refus"),
    "staff.password_changed": _("Mot de passe changé"),
    "staff.link_declared": _("Compte personnel déclaré"),
    "staff.link_confirmed": _("Compte personnel vérifié"),
    "staff.link_end_asked": _("Fin d’un compte personnel demandée"),
    "staff.link_ended": _("Compte personnel retiré"),
    **{
        f"staff.{kind}_{deed}": format_lazy("{} : {}", kind.label, word)
        for kind in StaffChange.Kind
        for deed, word in StaffChange.Status.choices
    },
    "staff.recovery_codes_made": _("Codes de secours faits"),
    "staff.glass_broken": _("Accès d’urgence ouvert"),
}


def _reveal(person: User, order: Order) -> None:
    """Count it, no more: the decision's own line in the log is what opens."""
    count_reveal(actor_id=order.actor_id, now=order.now)


REVEAL = Decision(
    name=DEED,
    label=str(_("Révéler")),
    permission="accounts.reveal_person",
    run=_reveal,
    is_available=lambda person: not person.is_staff and person.erased_at is None,
    reasons=REASONS,
    notice=str(
        _(
            "Le nom, le numéro et l’adresse s’affichent pour vous pendant 15 minutes."
            " Votre motif reste au journal de cette personne."
        )
    ),
)


def deeds_of(person: User) -> str:
    """Return safe HTML: the newest deeds of *person* themselves, each with its page."""
    deeds = AuditEvent.objects.filter(actor_id=person.pk).order_by("-id")[:SHOWN_DEEDS]
    lines = (
        (
            reverse("admin:core_auditevent_change", args=[deed.pk]),
            date_format(localtime(deed.created_at), "SHORT_DATETIME_FORMAT"),
            STAFF_DEEDS.get(deed.action, deed.action),
            deed.subject,
        )
        for deed in deeds
    )
    return (
        format_html_join("\n", '<div><a href="{}">{}</a> · {} · {}</div>', lines) or "—"
    )
