"""Versements et remboursements: what one person proposed and another one decides."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.admin.links import may_see_people, people_links
from accounts.models import User
from accounts.queries.people import number_theirs_since
from accounts.queries.staff import is_same_human
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.admin.masked import masked_name, masked_phone
from lokahome.core.audit.models import AuditEvent
from lokahome.core.money import Money, format_money
from payments.admin.history import transfer_history
from payments.admin.pieces import cases_about, facts, ledger_lines, subject_link
from payments.models import Transfer, TransferStatus
from payments.policies import APPROVE_TRANSFER
from payments.queries import where_is_the_transfer
from payments.services.reserving import locked_transfer
from payments.services.transfer_confirming import NOT_ASKED, confirm_transfer
from payments.services.transfers import approve_transfer, refuse_transfer

REASONS_TO_REFUSE = (
    "Le montant ne correspond pas au travail approuvé.",
    "Le numéro du destinataire vient de changer : à vérifier avec la personne.",
    "Un litige est ouvert sur cette prestation.",
    "Proposé deux fois.",
)


class StateFilter(admin.SimpleListFilter):
    """What waits for a second person, unless asked otherwise: the list is a queue."""

    title = _("état")
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices beside the default."""
        states = [s for s in TransferStatus if s is not TransferStatus.PROPOSED]
        return [("all", _("Tous")), *((s.value, s.label) for s in states)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Transfer]
    ) -> QuerySet[Transfer]:
        """Return the transfers of the choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or TransferStatus.PROPOSED)

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        default = changelist.get_query_string(remove=[self.parameter_name])
        for choice in super().choices(changelist):
            if choice["query_string"] == default:
                choice = {**choice, "display": _("À approuver")}
            yield choice


def _is_proposed(transfer: Transfer) -> bool:
    return transfer.status == TransferStatus.PROPOSED


def _approve(transfer: Transfer, order: Order) -> None:
    approve_transfer(
        transfer_id=transfer.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
        version=transfer.version,
    )


def _refuse(transfer: Transfer, order: Order) -> None:
    refuse_transfer(
        transfer_id=transfer.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
        version=transfer.version,
    )


def _recheck(transfer: Transfer, order: Order) -> None:
    confirm_transfer(transfer_id=transfer.pk, now=order.now, source="staff")


def _proved(transfer: Transfer) -> str:
    """Return since when the number is its receiver's: a new one is worth a question."""
    since = number_theirs_since(transfer.party_id, transfer.phone)
    if since is None:
        return str(_("ce n’est pas un numéro actuel de cette personne"))
    return date_format(localtime(since), "DATETIME_FORMAT")


@admin.register(Transfer)
class TransferAdmin(LokaModelAdmin):
    """The queue of what is to be approved; older transfers by the filter."""

    list_title = str(_("Versements et remboursements"))
    list_display = (
        "reference",
        "kind",
        "shown_amount",
        "shown_party",
        "shown_maker",
        "proposed_at",
        "shown_status",
    )
    list_filter = (StateFilter, "kind", "operator", "gateway", "failure_code")
    search_fields = ("reference", "=gateway_id", "=subject", "=charge__reference")
    search_help_text = _("Référence, n° de la passerelle, objet ou paiement")
    ordering = ("proposed_at", "id")
    date_hierarchy = "proposed_at"
    queue_filter = {"status": TransferStatus.PROPOSED}
    fields = (
        "reference",
        "kind",
        "shown_amount",
        "status",
        "failure_code",
        "operator",
        "shown_phone",
        "gateway",
        "gateway_id",
        "shown_fee",
        "proposed_at",
        "approved_at",
        "sent_at",
        "ended_at",
        "checked_at",
        "next_check_at",
    )
    readonly_fields = fields
    timeline_reasons = dict(Transfer.FailureCode.choices)
    decisions = (
        Decision(
            name="approve",
            label=str(_("Approuver")),
            permission=APPROVE_TRANSFER,
            run=_approve,
            is_available=_is_proposed,
            reasons=("Montant et destinataire vérifiés.",),
            notice=str(
                _(
                    "La somme est réservée, puis la passerelle l’envoie sur ce "
                    "numéro. Une fois partie, elle ne revient pas."
                )
            ),
            shortcut="a",
        ),
        Decision(
            name="refuse",
            label=str(_("Refuser")),
            permission=APPROVE_TRANSFER,
            run=_refuse,
            is_available=_is_proposed,
            reasons=REASONS_TO_REFUSE,
            notice=str(_("Rien ne part. La somme reste due et peut être reproposée.")),
            is_danger=True,
            shortcut="r",
        ),
        Decision(
            name="recheck",
            label=str(_("Réinterroger la passerelle")),
            permission="payments.recheck_transfer",
            run=_recheck,
            is_available=lambda transfer: transfer.status not in NOT_ASKED,
            needs_reason=False,
            notice=str(
                _(
                    "La passerelle est interrogée maintenant. Sa réponse décide : "
                    "un envoi confirmé est comptabilisé, un écart ouvre un dossier."
                )
            ),
            outside_transaction=True,
            shortcut="q",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        """Add whom it goes to and who proposed it, in the list's own query."""
        rows: QuerySet[Transfer] = super().get_queryset(request)
        party = User.objects.filter(pk=OuterRef("party_id")).values("full_name")[:1]
        maker = User.objects.filter(pk=OuterRef("proposed_by_id"), is_staff=True)
        return rows.annotate(
            party_name=Subquery(party),
            maker_handle=Subquery(maker.values("username")[:1]),
        )

    def decision_panel(
        self, request: HttpRequest, row: Transfer
    ) -> list[dict[str, Any]]:
        """Offer no approval to who proposed it, and no decision to who receives it."""
        panel = super().decision_panel(request, row)
        closed = set()
        me: Any = request.user.pk
        if is_same_human(me, row.proposed_by_id, row.party_id):
            closed.add("approve")
        if is_same_human(me, row.party_id):
            closed.add("refuse")
        return [item for item in panel if item["decision"].name not in closed]

    def carry_out(
        self, decision: Decision, pk: Any, version: int, order: Order
    ) -> object:
        """Lock the escrow before the transfer, as every service of money does."""
        if decision.outside_transaction:
            return super().carry_out(decision, pk, version, order)
        with transaction.atomic():
            locked_transfer(pk)
            return super().carry_out(decision, pk, version, order)

    def preview(self, request: HttpRequest, row: Transfer) -> str:
        """Say what goes to whom and why, with the escrow, the ledger and the cases."""
        people = people_links({row.party_id}, linked=may_see_people(request))
        staff = self.names_of(
            {pk for pk in (row.proposed_by_id, row.approved_by_id) if pk is not None}
        )
        system = _("la plateforme, par une règle")
        rows = [
            (_("Nature"), row.get_kind_display()),
            (_("Montant"), format_money(row.money)),
            (_("Pour"), people[row.party_id]),
            (
                _("Téléphone"),
                f"{masked_phone(row.phone)} ({row.get_operator_display()})",
            ),
            (_("Motif"), self.why(row) or "—"),
            (_("Proposé par"), staff.get(row.proposed_by_id, system)),
            (_("Objet"), subject_link(request, row.subject)),
            (_("Séquestre"), _link("escrow", row.escrow_id, _("Ouvrir le séquestre"))),
        ]
        if row.kind == Transfer.Kind.PAYOUT:
            rows.insert(4, (_("Numéro vérifié le"), _proved(row)))
        if row.approved_at is not None:
            rows.append((_("Approuvé par"), staff.get(row.approved_by_id, system)))
        if row.charge is not None:
            rows.append(
                (_("Paiement"), _link("charge", row.charge.pk, row.charge.reference))
            )
        return format_html(
            "<p><strong>{}</strong></p>{}{}{}",
            where_is_the_transfer(row),
            facts(rows),
            ledger_lines(row.entries.all()),
            cases_about(f"transfer:{row.pk}"),
        )

    def why(self, row: Transfer) -> str:
        """Return the reason: the checker's or the rule's, else the maker's."""
        if row.reason:
            return row.reason
        proposal = AuditEvent.objects.filter(
            subject=f"escrow:{row.escrow_id}",
            action__startswith="payments.escrow.propose",
            actor_id=row.proposed_by_id,
        )
        deed = proposal.order_by("-id").first()
        return deed.reason if deed else ""

    def timeline(self, row: Transfer) -> list[dict[str, Any]]:
        """Merge states, deeds, calls, webhooks and postings, newest first."""
        entries = [*super().timeline(row), *transfer_history(row)]
        return sorted(entries, key=lambda entry: entry["at"], reverse=True)

    @display(description=_("Montant"), ordering="amount")
    def shown_amount(self, transfer: Transfer) -> str:
        """Return the amount as people write it."""
        return format_money(transfer.money)

    @display(description=_("Frais"), ordering="provider_fee")
    def shown_fee(self, transfer: Transfer) -> str:
        """Return what the gateway took on top."""
        if transfer.provider_fee is None:
            return "—"
        return format_money(Money(transfer.provider_fee, transfer.currency))

    @display(description=_("Téléphone du destinataire"))
    def shown_phone(self, transfer: Transfer) -> str:
        """Return the wallet's number, masked."""
        return masked_phone(transfer.phone)

    @display(description=_("Destinataire"), ordering="party_id")
    def shown_party(self, transfer: Any) -> str:
        """Return the initials of who receives it."""
        return masked_name(transfer.party_name or "")

    @display(description=_("Proposé par"), ordering="proposed_by_id")
    def shown_maker(self, transfer: Any) -> str:
        """Return the handle of the maker, or that it follows from a rule."""
        return str(transfer.maker_handle or _("plateforme"))

    @display(
        description=_("État"),
        ordering="status",
        label={
            TransferStatus.PROPOSED.value: "warning",
            TransferStatus.IN_REVIEW.value: "warning",
            TransferStatus.SUCCEEDED.value: "success",
            TransferStatus.FAILED.value: "danger",
            TransferStatus.REFUSED.value: "danger",
            TransferStatus.APPROVED.value: "info",
            TransferStatus.RESERVED.value: "info",
            TransferStatus.SENDING.value: "info",
        },
    )
    def shown_status(self, transfer: Transfer) -> tuple[str, str]:
        """Return the state and its name."""
        return transfer.status, transfer.get_status_display()


def _link(noun: str, pk: Any, text: Any) -> str:
    url = reverse(f"admin:payments_{noun}_change", args=[pk])
    return format_html('<a href="{}">{}</a>', url, text)


register_case_view(
    "transfer",
    lambda case, pk: reverse("admin:payments_transfer_change", args=[pk]),
    label=str(_("Voir le transfert")),
    permission="payments.view_transfer",
    names_of=lambda ids: dict(
        Transfer.objects.filter(pk__in=ids).values_list("pk", "reference")
    ),
)
