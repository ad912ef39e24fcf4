"""What happened to money in or out, in the words of those who look into it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from lokahome.core.admin.base import ACTOR_KINDS
from payments.gateways.base import ObjectType
from payments.models import (
    Charge,
    GatewayCall,
    GatewayNotice,
    JournalEntry,
    Transfer,
)
from payments.models.ledger import INTERNAL

PAYOUT_VERBS = ("pay_out", "fetch_payout", "find_payout", "list_payouts")
"""Calls about money that goes out."""


def said(call: GatewayCall) -> str:
    """Return the state that the gateway gave, in French, or nothing."""
    if call.verb in PAYOUT_VERBS:
        return {
            "created": _("enregistré, pas parti"),
            "waiting": _("en route"),
            "paid": _("arrivé"),
            "failed": _("échoué"),
        }.get(call.said_status, call.said_status)
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
        "pay_out": _("Ordre d’envoi donné"),
        "fetch_payout": _("Passerelle interrogée"),
        "find_payout": _("Recherche par référence"),
        "list_payouts": _("Liste des envois demandée"),
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
        "payout.created": _("envoi enregistré"),
        "payout.started": _("envoi lancé"),
        "payout.sent": _("envoi arrivé"),
        "payout.failed": _("envoi échoué"),
    }.get(kind, kind)


def charge_history(charge: Charge) -> list[dict[str, Any]]:
    """Return calls, notices and entries of a charge: ``at``, ``text``, ``who``."""
    return _history(charge, ObjectType.CHARGE)


def transfer_history(transfer: Transfer) -> list[dict[str, Any]]:
    """Return calls, notices and entries of a transfer, as `charge_history` does."""
    return _history(transfer, ObjectType.PAYOUT)


def _history(row: Charge | Transfer, object_type: ObjectType) -> list[dict[str, Any]]:
    gateway = row.gateway.capitalize()
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
        for call in row.calls.order_by("-id")[:100]
    ]
    notices = [
        {
            "at": notice.created_at,
            "text": _("Webhook reçu : %s") % notice_kind(notice.kind),
            "who": gateway,
            "reason": notice.get_outcome_display(),
        }
        # A charge and a payout of one gateway may have the same number.
        for notice in GatewayNotice.objects.filter(
            gateway=row.gateway,
            object_type=object_type,
            gateway_object_id=row.gateway_id,
        )
        .defer("raw_body")
        .order_by("-id")[:100]
        if row.gateway_id
    ]
    entries = [
        {
            "at": entry.created_at,
            "text": _("Écriture : %s") % entry.get_kind_display(),
            "who": ACTOR_KINDS["system"],
            "reason": _reference(entry),
        }
        for entry in row.entries.order_by("-id")
    ]
    return [*calls, *notices, *entries]


def _reference(entry: JournalEntry) -> str:
    """Return the gateway's number of an entry; ours means nothing to a reader."""
    if entry.gateway == INTERNAL:
        return ""
    return _("n° %s de la passerelle") % entry.gateway_reference
