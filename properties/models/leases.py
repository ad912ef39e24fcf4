"""Leases and their signatures."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel, VersionedModel, VisibleQuerySet
from lokahome.core.money import XOF, Money
from lokahome.core.states import StateMachine, edge
from properties.models.applications import Application
from properties.models.homes import Unit
from properties.models.listings import Listing


class LeaseQuerySet(VisibleQuerySet["Lease"]):
    """Leases: their two parties'."""

    def visible_to(self, user: Any) -> Self:
        """Return the leases that *user* is a party to.

        None in an agency's context: they are nobody else's.
        """
        if not user.is_authenticated or user.context is not None:
            return self.none()
        return self.filter(Q(landlord_id=user.pk) | Q(tenant_id=user.pk))

    def running(self) -> Self:
        """Return the leases under which somebody lives there and owes rent."""
        return self.filter(status__in=Lease.RUNNING_STATES)


class Lease(VersionedModel):
    """The contract of one unit between a landlord and a tenant."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Brouillon")
        LEGAL_CHECK = "legal_check", _("Contrôle légal")
        OUT_FOR_SIGNATURE = "out_for_signature", _("À signer")
        ACTIVE = "active", _("En cours")
        NOTICE_GIVEN = "notice_given", _("Préavis donné")
        ENDED = "ended", _("Terminé")
        SETTLED = "settled", _("Soldé")
        ABANDONED = "abandoned", _("Abandonné")

    class Period(models.TextChoices):
        MONTHLY = "monthly", _("mensuel")

    class FeeBearer(models.TextChoices):
        TENANT = "tenant", _("locataire")
        LANDLORD = "landlord", _("propriétaire")

    RUNNING_STATES = (Status.ACTIVE, Status.NOTICE_GIVEN)
    UNSIGNED_STATES = (Status.DRAFT, Status.LEGAL_CHECK, Status.OUT_FOR_SIGNATURE)

    application = models.OneToOneField(
        Application, models.PROTECT, related_name="lease", verbose_name=_("candidature")
    )
    listing = models.ForeignKey(
        Listing, models.PROTECT, related_name="+", verbose_name=_("annonce")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="leases", verbose_name=_("logement")
    )
    landlord = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("propriétaire"),
    )
    tenant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("locataire"),
    )
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.DRAFT
    )
    rent = models.IntegerField(_("loyer"))
    deposit = models.IntegerField(_("caution"), default=0)
    currency = models.CharField(_("devise"), max_length=3, default=XOF)
    period = models.CharField(
        _("périodicité"), max_length=20, choices=Period.choices, default=Period.MONTHLY
    )
    starts_on = models.DateField(_("débute le"))
    ends_on = models.DateField(_("finit le"), null=True, blank=True)
    due_day = models.IntegerField(_("jour d’échéance"), default=5)
    """Day of the month on which a period's rent is due, 1 to 28."""
    fee_bearer = models.CharField(
        _("frais à la charge de"),
        max_length=20,
        choices=FeeBearer.choices,
        default=FeeBearer.TENANT,
    )
    terms_digest = models.CharField(
        _("empreinte des termes"), max_length=64, blank=True
    )
    """SHA-256 of the exact terms; set when sent for signature, signed by both."""
    sent_at = models.DateTimeField(_("envoyé le"), null=True)
    """When these terms went out; part of them, so an older signature never counts."""
    activated_at = models.DateTimeField(_("en cours depuis le"), null=True)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("bail")
        verbose_name_plural = _("baux")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(status__in=["active", "notice_given"]),
                name="properties_lease_one_running_per_unit",
            ),
            models.CheckConstraint(
                condition=Q(rent__gte=1, deposit__gte=0),
                name="properties_lease_money_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(due_day__range=(1, 28)),
                name="properties_lease_due_day_is_in_every_month",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=models.F("starts_on")),
                name="properties_lease_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(tenant=models.F("landlord")),
                name="properties_lease_two_people",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "legal_check", "abandoned"])
                | ~Q(terms_digest=""),
                name="properties_lease_sent_has_terms",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "notice_given", "ended", "settled"])
                | Q(activated_at__isnull=False),
                name="properties_lease_active_has_moment",
            ),
        )
        indexes = (
            models.Index(fields=["tenant", "-id"], name="properties_lease_tenant"),
            models.Index(fields=["landlord", "-id"], name="properties_lease_landlord"),
        )

    def __str__(self) -> str:
        return _("Bail du %s") % date_format(self.starts_on, "DATE_FORMAT")

    @property
    def rent_money(self) -> Money:
        """The rent of one period."""
        return Money(self.rent, self.currency)


_S = Lease.Status
LEASE_STATES = StateMachine(
    "lease",
    [
        edge(_S.DRAFT, "check", "landlord system", _S.LEGAL_CHECK),
        edge(_S.LEGAL_CHECK, "send", "landlord system", _S.OUT_FOR_SIGNATURE),
        edge(_S.LEGAL_CHECK, "correct", "landlord system", _S.DRAFT),
        edge(_S.OUT_FOR_SIGNATURE, "correct", "landlord", _S.DRAFT),
        edge(_S.OUT_FOR_SIGNATURE, "activate", "system", _S.ACTIVE),
        *(
            edge(state, "abandon", "landlord tenant system", _S.ABANDONED)
            for state in (_S.DRAFT, _S.LEGAL_CHECK, _S.OUT_FOR_SIGNATURE)
        ),
        edge(_S.ACTIVE, "give_notice", "landlord tenant", _S.NOTICE_GIVEN),
        edge(_S.ACTIVE, "end", "staff system", _S.ENDED),
        edge(_S.NOTICE_GIVEN, "end", "staff system", _S.ENDED),
        edge(_S.ENDED, "settle", "system", _S.SETTLED),
    ],
)


class LeaseSignature(AppendOnlyModel):
    """One party's signature of the exact terms."""

    class Role(models.TextChoices):
        LANDLORD = "landlord", _("propriétaire")
        TENANT = "tenant", _("locataire")

    lease = models.ForeignKey(
        Lease, models.PROTECT, related_name="signatures", verbose_name=_("bail")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    role = models.CharField(_("rôle"), max_length=20, choices=Role.choices)
    terms_digest = models.CharField(_("empreinte des termes"), max_length=64)
    signed_at = models.DateTimeField(_("signé le"))

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["lease", "role", "terms_digest"],
                name="properties_signature_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.lease_id} {self.role}"
