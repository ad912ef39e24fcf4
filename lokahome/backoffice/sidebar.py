"""The sidebar: groups of pages, each shown to those who may open it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import lazystr

PAGES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "À traiter": (
        (
            "Annonces à modérer",
            "fact_check",
            "properties_listing",
            "properties.view_listing",
        ),
        (
            "Pièces à vérifier",
            "badge",
            "accounts_identitycheck",
            "accounts.decide_identity_check",
        ),
        (
            "Signalements",
            "flag",
            "accounts_case?queue=reports",
            "accounts.decide_reports_case",
        ),
        (
            "Litiges",
            "gavel",
            "accounts_case?queue=disputes",
            "accounts.decide_disputes_case",
        ),
        (
            "Exceptions de paiement",
            "report",
            "accounts_case?queue=payments",
            "accounts.decide_payments_case",
        ),
        (
            "Transferts à approuver",
            "approval",
            "payments_transfer",
            "payments.view_transfer",
        ),
        (
            "Demandes d’effacement",
            "person_remove",
            "accounts_erasurerequest",
            "accounts.view_erasurerequest",
        ),
        ("Recours", "balance", "accounts_appeal", "accounts.decide_appeals_case"),
        (
            "Sanctions à approuver",
            "shield_person",
            "accounts_sanction",
            "accounts.approve_sanction",
        ),
        ("Tous les dossiers", "inbox", "accounts_case", "accounts.view_case"),
    ),
    "Personnes": (
        ("Utilisateurs", "group", "accounts_user", "accounts.view_user"),
        (
            "Sanctions",
            "gavel",
            "accounts_sanction?etat=all",
            "accounts.view_sanction",
        ),
        (
            "Copies des données",
            "folder_zip",
            "accounts_dataexport",
            "accounts.view_dataexport",
        ),
        ("Sessions", "devices", "accounts_session", "accounts.view_session"),
        (
            "Équipe : changements",
            "manage_accounts",
            "accounts_staffchange",
            "accounts.manage_staff",
        ),
        (
            "Équipe : comptes personnels",
            "link",
            "accounts_stafflink",
            "accounts.manage_staff",
        ),
        ("Consentements", "handshake", "accounts_consent", "accounts.view_consent"),
        ("Rôles", "stairs", "accounts_rolegrant", "accounts.view_rolegrant"),
        ("Numéros", "sim_card", "accounts_phone", "accounts.view_phone"),
        (
            "Préavis de connexion",
            "hourglass_top",
            "accounts_signinnotice",
            "accounts.view_signinnotice",
        ),
        (
            "Secondes preuves",
            "key",
            "accounts_signinchallenge",
            "accounts.view_signinchallenge",
        ),
        (
            "Coût des codes",
            "sms",
            "accounts_codespending",
            "accounts.view_codespending",
        ),
        (
            "Agences",
            "real_estate_agent",
            "accounts_agency",
            "accounts.view_agency",
        ),
        (
            "Membres des agences",
            "badge",
            "accounts_membership",
            "accounts.view_membership",
        ),
        (
            "Prestataires",
            "engineering",
            "marketplace_providerprofile",
            "marketplace.view_providerprofile",
        ),
    ),
    "Offre": (
        ("Biens", "apartment", "properties_property", "properties.view_property"),
        (
            "Métiers",
            "category",
            "marketplace_servicecategory",
            "marketplace.view_servicecategory",
        ),
    ),
    "Activité": (
        ("Mandats", "handshake", "properties_mandate", "properties.view_mandate"),
        (
            "Candidatures",
            "how_to_reg",
            "properties_application",
            "properties.view_application",
        ),
        ("Baux", "contract", "properties_lease", "properties.view_lease"),
        (
            "Demandes de réparation",
            "plumbing",
            "properties_ticket",
            "properties.view_ticket",
        ),
        (
            "Demandes de service",
            "campaign",
            "marketplace_servicerequest",
            "marketplace.view_servicerequest",
        ),
        ("Prestations", "handyman", "marketplace_job", "marketplace.view_job"),
        ("Avis", "star", "marketplace_review", "marketplace.view_review"),
    ),
    "Argent": (
        ("Paiements", "payments", "payments_charge", "payments.view_charge"),
        ("Séquestres", "lock", "payments_escrow", "payments.view_escrow"),
        (
            "Grand livre",
            "menu_book",
            "payments_journalentry",
            "payments.view_journalentry",
        ),
        ("Reçus", "receipt_long", "payments_receipt", "payments.view_receipt"),
        (
            "Rapprochements",
            "rule",
            "payments_reconciliationrun",
            "payments.view_reconciliationrun",
        ),
    ),
    "Système": (
        ("Boîte d’envoi", "outbox", "core_delivery", "core.view_delivery"),
        (
            "Webhooks reçus",
            "webhook",
            "payments_gatewaynotice",
            "payments.view_gatewaynotice",
        ),
        (
            "Appels aux passerelles",
            "swap_horiz",
            "payments_gatewaycall",
            "payments.view_gatewaycall",
        ),
        (
            "Messages sortants",
            "sms",
            "messaging_outgoingmessage",
            "messaging.view_outgoingmessage",
        ),
        (
            "SMS reçus",
            "mark_chat_read",
            "messaging_inboundsms",
            "messaging.view_inboundsms",
        ),
        (
            "Tâches planifiées",
            "schedule",
            "django_celery_beat_periodictask",
            "django_celery_beat.view_periodictask",
        ),
        ("Journal d’audit", "history", "core_auditevent", "core.view_auditevent"),
    ),
}
"""Group -> title, icon, list (with its query, if any), permission that opens it."""


def navigation() -> list[dict[str, Any]]:
    """Return the sidebar in the theme's own shape."""
    return [
        {"title": group, "items": [_item(*page) for page in pages]}
        for group, pages in PAGES.items()
    ]


def _item(title: str, icon: str, page: str, permission: str) -> dict[str, Any]:
    def is_open_to(request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm(permission))

    return {
        "title": title,
        "icon": icon,
        "link": lazystr(_Link(page)),
        "permission": is_open_to,
    }


class _Link:
    """The address of a list, looked up when a page is drawn: paths are not there yet."""

    def __init__(self, page: str) -> None:
        self.view, _mark, self.query = page.partition("?")

    def __str__(self) -> str:
        address = reverse(f"admin:{self.view}_changelist")
        return f"{address}?{self.query}" if self.query else address
