"""Mandates: a landlord entrusts a unit to an agency, for a time and a fee."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from lokahome.core import clock
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge
from properties.models.homes import Unit

FEE_CAP_BPS = 1000
"""What the table refuses whatever the rules say: 10 % of the rent."""


class MandateQuerySet(VisibleQuerySet["Mandate"]):
    """Mandates: their landlord's, and one agency's."""

    def visible_to(self, user: Any) -> Self:
        """Return what *user* entrusted; in an agency's context, what that one holds.

        Never another agency's: not even that it exists.
        """
        if not user.is_authenticated:
            return self.none()
        if user.context is not None:
            return self.filter(agency_id=user.context.agency_id)
        return self.filter(landlord_id=user.pk)

    def in_force(self) -> Self:
        """Return those that give rights today, also when the job that ends them is late."""
        today = clock.today()
        return self.filter(
            status=Mandate.Status.ACTIVE, starts_on__lte=today, expires_on__gte=today
        )

    def live(self) -> Self:
        """Return those that wait for their answer or give rights."""
        return self.filter(status__in=Mandate.LIVE_STATES)


class Mandate(VersionedModel):
    """One unit entrusted to one agency by its landlord."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposé")
        ACTIVE = "active", _("En cours")
        DECLINED = "declined", _("Refusé")
        ENDED = "ended", _("Terminé")
        EXPIRED = "expired", _("Échu")

    LIVE_STATES = (Status.PROPOSED, Status.ACTIVE)

    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="mandates", verbose_name=_("logement")
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", verbose_name=_("agence")
    )
    landlord = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("propriétaire"),
    )
    fee_bps = models.IntegerField(_("honoraires (points de base)"))
    """Share of each rent, in hundredths of a per cent."""
    rules_version = models.CharField(_("version des règles"), max_length=20)
    """Which version of the legal rules the fee was checked against."""
    includes_listing = models.BooleanField(_("annonce comprise"), default=False)
    """Whether the agency may take the unit's listing over; one live mandate at most."""
    resumes_handling = models.BooleanField(_("annonce à reprendre"), default=False)
    """Whether staff suspended the agency while it handled the listing.

    It takes the listing up again when it is restored, unless the landlord said otherwise.
    """
    proof_id = models.UUIDField(_("mandat signé"), unique=True)
    """The upload of the signed paper: read by its reviewer only."""
    starts_on = models.DateField(_("début"))
    expires_on = models.DateField(_("échéance"))
    """Last day of the mandate."""
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.PROPOSED
    )
    accepted_at = models.DateTimeField(_("accepté le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif de la fin"), max_length=500, blank=True)

    objects = MandateQuerySet.as_manager()

    class Meta:
        verbose_name = _("mandat")
        verbose_name_plural = _("mandats")
        ordering = ("-id",)
        permissions = (("decide_mandate", _("Mettre fin à un mandat")),)
        indexes = (
            models.Index(
                fields=["landlord", "-id"], name="properties_mandate_landlord"
            ),
            models.Index(fields=["agency", "-id"], name="properties_mandate_agency"),
            models.Index(
                fields=["expires_on", "id"],
                condition=Q(status__in=["proposed", "active"]),
                name="properties_mandate_expiry",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["unit", "agency"],
                condition=Q(status__in=["proposed", "active"]),
                name="properties_mandate_one_live",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(status__in=["proposed", "active"], includes_listing=True),
                name="properties_mandate_one_for_the_listing",
            ),
            models.CheckConstraint(
                condition=Q(fee_bps__range=(0, FEE_CAP_BPS)),
                name="properties_mandate_fee_within_cap",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("starts_on")),
                name="properties_mandate_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "declined"], accepted_at=None)
                | Q(status="active", accepted_at__isnull=False, ended_at=None)
                | Q(status__in=["ended", "expired"], ended_at__isnull=False),
                name="properties_mandate_status_has_moments",
            ),
            models.CheckConstraint(
                condition=Q(resumes_handling=False)
                | Q(status="active", includes_listing=True),
                name="properties_mandate_resumes_what_it_may",
            ),
        )

    def __str__(self) -> str:
        return f"mandate {self.pk}"


_M = Mandate.Status
MANDATE_STATES = StateMachine(
    "mandate",
    [
        edge(_M.PROPOSED, "accept", "agency", _M.ACTIVE),
        edge(_M.PROPOSED, "decline", "agency", _M.DECLINED),
        edge(_M.PROPOSED, "end", "landlord staff system", _M.ENDED),
        edge(_M.PROPOSED, "expire", "system", _M.EXPIRED),
        edge(_M.ACTIVE, "end", "landlord agency staff system", _M.ENDED),
        edge(_M.ACTIVE, "expire", "system", _M.EXPIRED),
    ],
)
