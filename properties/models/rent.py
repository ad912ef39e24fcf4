"""Rent periods, and how payments are allocated to them."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel, VersionedModel, VisibleQuerySet
from lokahome.core.money import Money, format_money
from lokahome.core.states import StateMachine, edge
from properties.models.leases import Lease


class RentPeriodQuerySet(VisibleQuerySet["RentPeriod"]):
    """Rent periods: the two parties' of their lease."""

    def visible_to(self, user: Any) -> Self:
        """Return the periods of the leases that *user* is a party to.

        None in an agency's context: they are nobody else's.
        """
        if not user.is_authenticated or user.context is not None:
            return self.none()
        return self.filter(Q(lease__landlord_id=user.pk) | Q(lease__tenant_id=user.pk))

    def owed(self) -> Self:
        """Return what is not fully paid yet, oldest debt first."""
        return self.filter(status__in=RentPeriod.OWED_STATES).order_by("starts_on")


class RentPeriod(VersionedModel):
    """One month of one lease: what is due, and what was paid of it."""

    class Status(models.TextChoices):
        DUE = "due", _("À payer")
        PART_PAID = "part_paid", _("Payé en partie")
        PAID = "paid", _("Payé")
        OVERDUE = "overdue", _("En retard")
        WRITTEN_OFF = "written_off", _("Abandonné")

    OWED_STATES = (Status.DUE, Status.PART_PAID, Status.OVERDUE)

    lease = models.ForeignKey(
        Lease, models.PROTECT, related_name="rent_periods", verbose_name=_("bail")
    )
    starts_on = models.DateField(_("débute le"))
    ends_on = models.DateField(_("finit le"))
    """Last day of the period."""
    due_on = models.DateField(_("échéance"))
    amount = models.IntegerField(_("loyer"))
    paid = models.IntegerField(_("payé"), default=0)
    """Sum of the allocations; kept by the service that writes them."""
    currency = models.CharField(_("devise"), max_length=3)
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.DUE
    )
    paid_at = models.DateTimeField(_("payé le"), null=True)

    objects = RentPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("période de loyer")
        verbose_name_plural = _("périodes de loyer")
        ordering = ("starts_on",)
        constraints = (
            models.UniqueConstraint(
                fields=["lease", "starts_on"], name="properties_period_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=1, paid__gte=0) & Q(paid__lte=F("amount")),
                name="properties_period_paid_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid=F("amount"), paid_at__isnull=False)
                | (~Q(status="paid") & Q(paid__lt=F("amount"), paid_at__isnull=True)),
                name="properties_period_paid_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="part_paid") | Q(paid__gte=1),
                name="properties_period_part_paid_has_part",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="properties_period_has_days",
            ),
        )
        indexes = (
            models.Index(
                fields=["due_on"],
                condition=Q(status__in=["due", "part_paid"]),
                name="properties_period_to_watch",
            ),
        )

    def __str__(self) -> str:
        return _("Loyer du %s") % date_format(self.starts_on, "DATE_FORMAT")

    @property
    def balance(self) -> Money:
        """What is still owed."""
        return Money(self.amount - self.paid, self.currency)


_S = RentPeriod.Status
RENT_PERIOD_STATES = StateMachine(
    "rent_period",
    [
        edge(_S.DUE, "pay_part", "system", _S.PART_PAID),
        edge(_S.PART_PAID, "pay_part", "system", _S.PART_PAID),
        edge(_S.OVERDUE, "pay_part", "system", _S.OVERDUE),
        *(
            edge(state, "pay_off", "system", _S.PAID)
            for state in (_S.DUE, _S.PART_PAID, _S.OVERDUE)
        ),
        edge(_S.DUE, "fall_overdue", "system", _S.OVERDUE),
        edge(_S.PART_PAID, "fall_overdue", "system", _S.OVERDUE),
        *(
            edge(state, "write_off", "landlord", _S.WRITTEN_OFF)
            for state in (_S.DUE, _S.PART_PAID, _S.OVERDUE)
        ),
    ],
)


class RentPayment(VersionedModel):
    """What a charge was for: charges know no leases, so the lease keeps it here."""

    charge_id = models.UUIDField(_("paiement"), unique=True)
    lease = models.ForeignKey(
        Lease, models.PROTECT, related_name="rent_payments", verbose_name=_("bail")
    )
    named_period = models.ForeignKey(
        RentPeriod,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("période désignée"),
    )
    payer_id = models.UUIDField(_("payeur"))
    amount = models.IntegerField(_("montant"))
    currency = models.CharField(_("devise"), max_length=3)
    applied_at = models.DateTimeField(_("imputé le"), null=True)
    captured = models.IntegerField(_("encaissé"), default=0)
    credit = models.IntegerField(_("avoir"), default=0)
    """Of what was captured, what no period has taken yet: it waits for the next one."""

    class Meta:
        verbose_name = _("paiement de loyer")
        verbose_name_plural = _("paiements de loyer")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(amount__gte=1, captured__gte=0, credit__gte=0)
                & Q(credit__lte=F("captured")),
                name="properties_payment_credit_within_captured",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None, captured=0)
                | Q(applied_at__isnull=False, captured__gte=1),
                name="properties_payment_applied_has_moment",
            ),
        )
        indexes = (
            models.Index(
                fields=["lease", "id"],
                condition=Q(credit__gt=0),
                name="properties_payment_credit",
            ),
        )

    def __str__(self) -> str:
        return format_money(Money(self.amount, self.currency))


class RentAllocation(AppendOnlyModel):
    """How much of one charge went to one period."""

    charge_id = models.UUIDField(_("paiement"))
    period = models.ForeignKey(
        RentPeriod,
        models.PROTECT,
        related_name="allocations",
        verbose_name=_("période de loyer"),
    )
    amount = models.IntegerField(_("montant imputé"))

    class Meta:
        verbose_name = _("imputation")
        verbose_name_plural = _("imputations")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["charge_id", "period"], name="properties_allocation_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=1), name="properties_allocation_is_positive"
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_id} -> {self.period_id}"
