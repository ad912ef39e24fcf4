"""Applications: a tenant asks for a home."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agency, AgencyContext
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge
from properties.models.homes import Unit, may_visit
from properties.models.listings import Listing


class ApplicationQuerySet(VisibleQuerySet["Application"]):
    """Applications: their tenant's, and the landlord's once they are sent."""

    def visible_to(self, user: Any) -> Self:
        """Return what *user* wrote and, drafts apart, what *user* received.

        In an agency's context: its own leads, while their unit is entrusted to it.
        """
        if not user.is_authenticated:
            return self.none()
        if user.context is not None:
            return self.leads_of(user.context)
        return self.filter(
            Q(tenant_id=user.pk)
            | (Q(landlord_id=user.pk) & ~Q(status=Application.Status.DRAFT))
        )

    def leads_of(self, context: AgencyContext) -> Self:
        """Return the leads of an agency, for those of its members who work on homes."""
        if not may_visit(context.role):
            return self.none()
        entrusted = Unit.objects.entrusted_to(context.agency_id)
        return self.filter(
            agency_id=context.agency_id, unit_id__in=entrusted.values("pk")
        ).exclude(status=Application.Status.DRAFT)

    def accepted(self) -> Self:
        """Return the accepted ones, which open the exact address."""
        return self.filter(status__in=Application.ACCEPTED_STATES)

    def waiting(self) -> Self:
        """Return those that wait for the landlord."""
        return self.filter(
            status__in=(Application.Status.SENT, Application.Status.UNDER_REVIEW)
        )


class Application(VersionedModel):
    """One tenant's request for one listing."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Brouillon")
        SENT = "sent", _("Envoyée")
        UNDER_REVIEW = "under_review", _("À l’étude")
        ACCEPTED = "accepted", _("Acceptée")
        CONVERTED = "converted", _("Bail signé")
        DECLINED = "declined", _("Refusée")
        WITHDRAWN = "withdrawn", _("Retirée")
        EXPIRED = "expired", _("Expirée")

    OPEN_STATES = (Status.DRAFT, Status.SENT, Status.UNDER_REVIEW, Status.ACCEPTED)
    ACCEPTED_STATES = (Status.ACCEPTED, Status.CONVERTED)

    listing = models.ForeignKey(
        Listing, models.PROTECT, related_name="applications", verbose_name=_("annonce")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("logement")
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
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("agence"),
    )
    """The agency that handled the listing when it was sent: the lead stays with it."""
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.DRAFT
    )
    message = models.CharField(_("message"), max_length=1000, blank=True)
    move_in_on = models.DateField(_("entrée souhaitée le"))
    occupants = models.IntegerField(_("occupants"), default=1)
    decision_reason = models.CharField(
        _("motif de la décision"), max_length=500, blank=True
    )
    sent_at = models.DateTimeField(_("envoyée le"), null=True)
    decided_at = models.DateTimeField(_("décidée le"), null=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("candidature")
        verbose_name_plural = _("candidatures")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["listing", "tenant"],
                condition=Q(status__in=["draft", "sent", "under_review", "accepted"]),
                name="properties_application_one_open_per_tenant",
            ),
            models.UniqueConstraint(
                fields=["listing"],
                condition=Q(status__in=["accepted", "converted"]),
                name="properties_application_one_accepted",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(sent_at__isnull=False),
                name="properties_application_sent_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(decision_reason=""),
                name="properties_application_refusal_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(occupants__range=(1, 30)),
                name="properties_application_occupants_are_plausible",
            ),
            models.CheckConstraint(
                condition=~Q(tenant=models.F("landlord")),
                name="properties_application_two_people",
            ),
        )
        indexes = (
            models.Index(fields=["tenant", "-id"], name="properties_application_mine"),
            models.Index(fields=["landlord", "-id"], name="properties_application_got"),
            models.Index(
                fields=["agency", "-id"],
                condition=Q(agency__isnull=False),
                name="properties_application_lead",
            ),
        )

    def __str__(self) -> str:
        return f"{self.listing_id} {self.status}"


_S = Application.Status
APPLICATION_STATES = StateMachine(
    "application",
    [
        edge(_S.DRAFT, "send", "tenant", _S.SENT),
        edge(_S.SENT, "review", "landlord", _S.UNDER_REVIEW),
        edge(_S.SENT, "accept", "landlord", _S.ACCEPTED),
        edge(_S.UNDER_REVIEW, "accept", "landlord", _S.ACCEPTED),
        edge(_S.ACCEPTED, "convert", "system", _S.CONVERTED),
        *(
            edge(state, "decline", "landlord system", _S.DECLINED)
            for state in (_S.SENT, _S.UNDER_REVIEW, _S.ACCEPTED)
        ),
        *(
            edge(state, "withdraw", "tenant", _S.WITHDRAWN)
            for state in (_S.DRAFT, _S.SENT, _S.UNDER_REVIEW, _S.ACCEPTED)
        ),
        *(
            edge(state, "expire", "system", _S.EXPIRED)
            for state in (_S.SENT, _S.UNDER_REVIEW)
        ),
    ],
)
