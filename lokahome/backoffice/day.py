"""The first page: what waits for this member of staff, a count and its list each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse


def waiting() -> tuple[tuple[str, str, QuerySet[Any], str], ...]:
    """Return label, permission, rows that wait, and their list, in order of urgency."""
    # Models cannot be imported while settings are read, and this package is part of them.
    from accounts.models import (
        Case,
        CodeSpending,
        IdentityCheck,
        StaffChange,
        StaffLink,
    )
    from lokahome.core import clock
    from lokahome.core.models import AuditEvent, Delivery
    from payments.models import Charge, Transfer
    from payments.queries import escrows_to_pay_out
    from properties.models import Listing

    cases = Case.objects.filter(status=Case.Status.OPEN)
    return (
        (
            "Annonces à modérer",
            "properties.view_listing",
            Listing.objects.awaiting_review(),
            "properties_listing",
        ),
        (
            "Pièces à vérifier",
            "accounts.decide_identity_check",
            IdentityCheck.objects.filter(status=IdentityCheck.Status.SUBMITTED),
            "accounts_identitycheck",
        ),
        (
            "Signalements",
            "accounts.decide_reports_case",
            cases.filter(queue=Case.Queue.REPORTS),
            "accounts_case?queue=reports",
        ),
        (
            "Litiges",
            "accounts.decide_disputes_case",
            cases.filter(queue=Case.Queue.DISPUTES),
            "accounts_case?queue=disputes",
        ),
        (
            "Exceptions de paiement",
            "accounts.decide_payments_case",
            cases.filter(queue=Case.Queue.PAYMENTS),
            "accounts_case?queue=payments",
        ),
        (
            "Versements à proposer",
            "payments.propose_transfer",
            escrows_to_pay_out(),
            "payments_escrow?a_verser=oui",
        ),
        (
            "Transferts à approuver",
            "payments.approve_transfer",
            Transfer.objects.to_decide(),
            "payments_transfer",
        ),
        (
            "Paiements à examiner",
            "payments.view_charge",
            Charge.objects.filter(status="in_review"),
            "payments_charge?status__exact=in_review",
        ),
        (
            "Accès d’urgence de la semaine",
            "accounts.manage_staff",
            AuditEvent.objects.filter(
                action="staff.glass_broken",
                created_at__gt=clock.now() - timedelta(days=7),
            ),
            "core_auditevent?action__exact=staff.glass_broken",
        ),
        (
            "Révélations des dernières 24 heures",
            "accounts.manage_staff",
            AuditEvent.objects.filter(
                action__endswith=".reveal",
                created_at__gt=clock.now() - timedelta(days=1),
            ),
            "core_auditevent?action__endswith=.reveal",
        ),
        (
            "Argent des codes entamé aujourd’hui",
            "accounts.view_codespending",
            CodeSpending.objects.filter(day=clock.today(), warned_percent__gt=0),
            "accounts_codespending",
        ),
        (
            "Changements de l’équipe à approuver",
            "accounts.manage_staff",
            StaffChange.objects.waiting(),
            "accounts_staffchange?status__exact=proposed",
        ),
        (
            "Comptes personnels à vérifier",
            "accounts.manage_staff",
            StaffLink.objects.filter(status=StaffLink.Status.DECLARED),
            "accounts_stafflink?status__exact=declared",
        ),
        (
            "Événements mis de côté",
            "core.view_delivery",
            Delivery.objects.filter(status=Delivery.Status.PARKED),
            "core_delivery?status__exact=parked",
        ),
    )


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the tiles of this member of staff: two queries each."""
    from payments.models import ReconciliationRun

    user: Any = request.user
    tiles = []
    for label, permission, rows, page in waiting():
        if user.has_perm(permission):
            view, _mark, query = page.partition("?")
            address = reverse(f"admin:{view}_changelist")
            oldest = rows.order_by("created_at").values_list("created_at", flat=True)
            tiles.append(
                {
                    "label": label,
                    "count": rows.order_by().count(),
                    "oldest": oldest.first(),
                    "link": f"{address}?{query}" if query else address,
                }
            )
    if user.has_perm("payments.view_reconciliationrun"):
        context["last_run"] = (
            ReconciliationRun.objects.filter(flow="in").order_by("-id").first()
        )
    return {**context, "tiles": tiles, "title": "Ma journée", "subtitle": None}
