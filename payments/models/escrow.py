"""Escrows: money of one payer that is held until somebody says whose it is."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge
from payments.models.steps import drop_steps_sql, steps_sql


class EscrowStatus(models.TextChoices):
    """Where an escrow stands."""

    OPEN = "open", _("Ouvert, rien de versé")
    HELD = "held", _("Argent en garde")
    SETTLED = "settled", _("Réparti")


_S = EscrowStatus

ESCROW_STATES = StateMachine(
    "escrow",
    (
        edge(_S.OPEN, "hold", "system", _S.HELD),
        edge(_S.HELD, "settle", "system staff party", _S.SETTLED),
        # Late money: captured after the split, it is held again and must go back.
        edge(_S.SETTLED, "hold", "system", _S.HELD),
    ),
)


class EscrowQuerySet(VisibleQuerySet["Escrow"]):
    """Escrows, by who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return the escrows that *user* pays into or is paid from; all to finance."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff and user.has_perm("payments.view_escrow"):
            return self
        return self.filter(Q(payer_id=user.pk) | Q(payee_id=user.pk))


class Escrow(VersionedModel):
    """The money held for one subject: in by charges, out by one split to the franc.

    What is in it is never stored: the ledger says (account ``escrow`` of this id).
    """

    Status = EscrowStatus

    subject = models.CharField(_("objet"), max_length=80)
    payer_id = models.UUIDField(_("payeur"))
    payee_id = models.UUIDField(_("bénéficiaire"))
    currency = models.CharField(_("devise"), max_length=3, default="XOF")
    status = models.CharField(
        _("état"),
        max_length=10,
        choices=EscrowStatus.choices,
        default=EscrowStatus.OPEN,
    )
    to_payee = models.BigIntegerField(_("part du bénéficiaire"), null=True)
    to_payer = models.BigIntegerField(_("part rendue au payeur"), null=True)
    settled_at = models.DateTimeField(_("réparti le"), null=True)

    objects = EscrowQuerySet.as_manager()

    class Meta:
        verbose_name = _("séquestre")
        verbose_name_plural = _("séquestres")
        constraints = (
            models.UniqueConstraint(
                fields=["subject"], name="escrow_subject_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(status__in=EscrowStatus.values),
                name="escrow_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(currency__in=("XOF",)), name="escrow_currency_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(payer_id=F("payee_id")),
                name="escrow_has_its_terms",
            ),
            models.CheckConstraint(
                condition=(
                    Q(settled_at__isnull=True)
                    & Q(to_payee__isnull=True, to_payer__isnull=True)
                    & ~Q(status="settled")
                )
                | (
                    Q(settled_at__isnull=False, to_payee__gte=0, to_payer__gte=0)
                    & ~Q(status="open")
                ),
                name="escrow_settled_has_its_split",
            ),
        )
        indexes = (
            models.Index(fields=["payer_id", "-id"], name="escrow_of_payer"),
            models.Index(fields=["payee_id", "-id"], name="escrow_of_payee"),
            models.Index(fields=["status", "-id"], name="escrow_by_status"),
        )

    def __str__(self) -> str:
        return self.subject


def escrow_steps_sql() -> str:
    """Return SQL of the trigger that holds escrows to ESCROW_STATES."""
    return steps_sql(
        ESCROW_STATES,
        table="payments_escrow",
        first=EscrowStatus.OPEN.value,
        terms=("id", "subject", "payer_id", "payee_id", "currency"),
        once=(("OLD.settled_at IS NOT NULL", ("settled_at", "to_payee", "to_payer")),),
    )


DROP_ESCROW_STEPS_SQL = drop_steps_sql("payments_escrow")
