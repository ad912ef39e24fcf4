"""Séquestres: whose held money is, and proposing that what is owed leaves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import subject_names
from accounts.admin.links import may_see_people, people_links
from accounts.models import User
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.money import Money, format_money
from payments.admin.pieces import cases_about, facts, ledger_lines, linked, subject_link
from payments.models import Escrow, EscrowStatus, JournalEntry, Posting, Refund
from payments.models.chart import ESCROW, account_code
from payments.policies import PROPOSE_TRANSFER
from payments.queries import (
    escrows_to_pay_out,
    payout_due,
    where_is_the_escrow,
)
from payments.services.reserving import owed_back
from payments.services.transfers import propose_payout, propose_refunds


def _propose(escrow: Escrow, order: Order) -> None:
    propose_payout(
        escrow_id=escrow.pk,
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


def _propose_refund(escrow: Escrow, order: Order) -> None:
    propose_refunds(
        escrow_id=escrow.pk,
        actor=User.objects.get(pk=order.actor_id),
        reason=order.reason,
        now=order.now,
    )


def _refund_due(escrow: Escrow) -> Money:
    live = Refund.objects.live().filter(escrow=escrow)
    asked = live.aggregate(sum=Sum("amount", default=0))["sum"]
    return owed_back(escrow) - Money(asked, escrow.currency)


class PayoutDueFilter(admin.SimpleListFilter):
    """``?a_verser=oui``: the escrows of which a payout is to be proposed."""

    title = _("versement à proposer")
    parameter_name = "a_verser"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one choice."""
        return [("oui", _("Oui"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Escrow]
    ) -> QuerySet[Escrow]:
        """Return what is to be paid out, when asked."""
        if self.value() != "oui":
            return queryset
        return queryset.filter(pk__in=escrows_to_pay_out().values("pk"))


@admin.register(Escrow)
class EscrowAdmin(LokaModelAdmin):
    """Escrows, newest first, with what each still holds."""

    list_display = (
        "shown_subject",
        "shown_status",
        "shown_held",
        "settled_at",
        "created_at",
    )
    list_filter = ("status", PayoutDueFilter)
    search_fields = ("subject", "=charges__reference", "=transfers__reference")
    search_help_text = _("Objet, ou référence d’un paiement ou d’un transfert")
    ordering = ("-id",)
    date_hierarchy = "created_at"
    fields = (
        "shown_subject",
        "status",
        "shown_held",
        "shown_to_payee",
        "shown_to_payer",
        "created_at",
        "settled_at",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="propose",
            label=str(_("Proposer le versement")),
            permission=PROPOSE_TRANSFER,
            run=_propose,
            is_available=lambda escrow: payout_due(escrow.pk).amount > 0,
            reasons=("Travaux approuvés.", "Litige tranché."),
            notice=str(
                _(
                    "Le versement part au numéro actuel du bénéficiaire, après "
                    "l’accord d’une deuxième personne."
                )
            ),
            shortcut="p",
        ),
        Decision(
            name="propose-refund",
            label=str(_("Proposer le remboursement")),
            permission=PROPOSE_TRANSFER,
            run=_propose_refund,
            is_available=lambda escrow: _refund_due(escrow).amount > 0,
            reasons=("Le remboursement précédent n’est pas arrivé.",),
            notice=str(
                _(
                    "La somme revient sur le compte qui a payé, après l’accord "
                    "d’une deuxième personne."
                )
            ),
            shortcut="b",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Escrow]:
        """Add what each holds, from the ledger, in the list's own query."""
        rows: QuerySet[Escrow] = super().get_queryset(request)
        legs = Posting.objects.filter(
            account__code=account_code(ESCROW), account__party_id=OuterRef("pk")
        )
        sums = legs.order_by().values("account__party_id").annotate(sum=Sum("amount"))
        return rows.annotate(balance=Coalesce(Subquery(sums.values("sum")), 0))

    def prepare(self, rows: Any) -> None:
        """Read what the subjects of the page are called."""
        names = subject_names(escrow.subject for escrow in rows)
        for escrow in rows:
            escrow.subject_name = names[escrow.subject]

    def title_of(self, row: Escrow) -> str:
        """Return what the money is held for."""
        title: str = self.shown_subject(row)
        return title

    def preview(self, request: HttpRequest, row: Escrow) -> str:
        """Say where the money is, who is concerned, and what came in and went out."""
        people = people_links(
            {row.payer_id, row.payee_id}, linked=may_see_people(request)
        )
        due = payout_due(row.pk)
        rows = [
            (_("Payeur"), people[row.payer_id]),
            (_("Bénéficiaire"), people[row.payee_id]),
            (_("Objet"), subject_link(request, row.subject)),
        ]
        if due:
            rows.append((_("À verser"), format_money(due)))
        entries = JournalEntry.objects.filter(charge__escrow=row)
        entries |= JournalEntry.objects.filter(transfer__escrow=row)
        entries |= JournalEntry.objects.filter(gateway_reference=f"escrow:{row.pk}")
        return format_html(
            "<p><strong>{}</strong></p>{}{}{}{}{}",
            where_is_the_escrow(row),
            facts(rows),
            linked(_("Paiements"), row.charges.order_by("-id")[:20]),
            linked(
                _("Versements et remboursements"), row.transfers.order_by("-id")[:20]
            ),
            ledger_lines(entries),
            cases_about(f"escrow:{row.pk}"),
        )

    @display(description=_("Objet"), ordering="subject")
    def shown_subject(self, escrow: Any) -> str:
        """Return what the money is held for, by its name."""
        if not hasattr(escrow, "subject_name"):
            self.prepare([escrow])
        return str(escrow.subject_name)

    @display(description=_("En séquestre"), ordering="balance")
    def shown_held(self, escrow: Any) -> str:
        """Return what the ledger says is held."""
        return format_money(Money(-escrow.balance, escrow.currency))

    @display(description=_("Part du bénéficiaire"))
    def shown_to_payee(self, escrow: Escrow) -> str:
        """Return what was decided for the payee."""
        return _share(escrow.to_payee, escrow)

    @display(description=_("Part rendue au payeur"))
    def shown_to_payer(self, escrow: Escrow) -> str:
        """Return what was decided for the payer."""
        return _share(escrow.to_payer, escrow)

    @display(
        description=_("État"),
        ordering="status",
        label={
            EscrowStatus.OPEN.value: "info",
            EscrowStatus.HELD.value: "warning",
            EscrowStatus.SETTLED.value: "success",
        },
    )
    def shown_status(self, escrow: Escrow) -> tuple[str, str]:
        """Return the state and its name."""
        return escrow.status, escrow.get_status_display()


def _share(amount: int | None, escrow: Escrow) -> str:
    return "—" if amount is None else format_money(Money(amount, escrow.currency))
