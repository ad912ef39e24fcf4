"""What happened to a payment, in the words of those who look into it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from lokahome.core.admin.base import ACTOR_KINDS
from payments.models import Charge, GatewayCall, GatewayNotice


def said(call: GatewayCall) -> str:
    """Return the state that the gateway gave, in French, or nothing."""
    return {
        "waiting": _("en attente du payeur"),
        "paid": _("payé"),
        "failed": _("échoué"),
        "expired": _("expiré"),
        "refunded": _("remboursé"),
        "partly_refunded": _("remboursé en partie"),
    }.get(call.said_status, call.said_status)


def verb_of(call: GatewayCall) -> str:
    """Return what was asked of the gateway."""
    return {
        "start_charge": _("Demande de paiement envoyée"),
        "fetch_charge": _("Passerelle interrogée"),
        "find_charge": _("Recherche par référence"),
        "list_charges": _("Liste des paiements demandée"),
    }.get(call.verb, call.verb)


def source_of(call: GatewayCall) -> str:
    """Return why it was asked."""
    return {
        "start": _("à la demande"),
        "poll": _("vérification prévue"),
        "webhook": _("après un webhook"),
        "reconciliation": _("rapprochement"),
        "staff": str(ACTOR_KINDS["staff"]),
    }.get(call.source, call.source)


def notice_kind(kind: str) -> str:
    """Return what a webhook of *kind* announces; unknown kinds as they came."""
    return {
        "transaction.created": _("paiement créé"),
        "transaction.updated": _("paiement modifié"),
        "transaction.approved": _("paiement approuvé"),
        "transaction.declined": _("paiement refusé"),
        "transaction.canceled": _("paiement annulé"),
        "transaction.expired": _("paiement expiré"),
        "transaction.transferred": _("somme reversée"),
        "transaction.refunded": _("paiement remboursé"),
    }.get(kind, kind)


def charge_history(charge: Charge) -> list[dict[str, Any]]:
    """Return calls, notices and entries of a charge: ``at``, ``text``, ``who``."""
    gateway = charge.gateway.capitalize()
    calls = [
        {
            "at": call.created_at,
            "text": " : ".join(
                part
                for part in (verb_of(call), said(call) or call.get_outcome_display())
                if part
            ),
            "who": source_of(call) or gateway,
            "reason": call.code,
        }
        for call in charge.calls.order_by("-id")[:100]
    ]
    notices = [
        {
            "at": notice.created_at,
            "text": _("Webhook reçu : %s") % notice_kind(notice.kind),
            "who": gateway,
            "reason": notice.get_outcome_display(),
        }
        for notice in GatewayNotice.objects.filter(
            gateway=charge.gateway, gateway_object_id=charge.gateway_id
        )
        .defer("raw_body")
        .order_by("-id")[:100]
        if charge.gateway_id
    ]
    entries = [
        {
            "at": entry.created_at,
            "text": _("Écriture : %s") % entry.get_kind_display(),
            "who": ACTOR_KINDS["system"],
            "reason": _("n° %s de la passerelle") % entry.gateway_reference,
        }
        for entry in charge.entries.order_by("-id")
    ]
    return [*calls, *notices, *entries]
