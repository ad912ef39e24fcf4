"""Requests: what somebody wants done, and where.

The exact point and the way to it are private; providers see the blurred point, the
quartier and the landmark until their quote is accepted.
"""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge
from marketplace.models.categories import ServiceCategory
from marketplace.models.providers import ProviderProfile, ProviderSkill
from properties.models import Division, Landmark, Ticket, Unit
from properties.models.geo import UTM31N, WGS84


class CoveredBy(models.Func):
    """``ST_CoveredBy(here, there)``: the lookup of that name takes no generated column."""

    function = "ST_CoveredBy"
    output_field = models.BooleanField()


class ServiceRequestQuerySet(VisibleQuerySet["ServiceRequest"]):
    """Requests: their people's, those of providers who may answer, and of who did."""

    def visible_to(self, user: Any) -> Self:
        """Return what *user* asked or is on site for, may quote for, or quoted for."""
        if not user.is_authenticated:
            return self.none()
        from marketplace.models.quotes import Quote

        quoted = Quote.objects.filter(provider_id=user.pk).values("request_id")
        served = ServiceRequest.objects.within_reach_of(user.pk).values("pk")
        # Subqueries, not joins: rows stay single, and each walks its own index.
        return self.filter(
            Q(requester_id=user.pk)
            | Q(occupant_id=user.pk)
            | Q(pk__in=quoted)
            | Q(pk__in=served)
        )

    def open(self) -> Self:
        """Return the requests that take quotes."""
        return self.filter(status__literally=ServiceRequest.Status.OPEN.value)

    def live(self) -> Self:
        """Return the requests whose life goes on; a ticket has at most one."""
        return self.filter(status__in=ServiceRequest.LIVE_STATES)

    def served_by(self, person_id: Any) -> Self:
        """Return the open requests that the provider *person_id* may quote for.

        The index on ``point_m`` finds what lies in the provider's reach; the drawn
        polygon or the circle, and the skills, decide.
        """
        return self.within_reach_of(person_id).filter(
            ~Q(requester_id=person_id) & (Q(occupant=None) | ~Q(occupant_id=person_id))
        )

    def within_reach_of(self, person_id: Any) -> Self:
        """Return the open requests in the area and the trades of a provider."""
        mine = ProviderProfile.objects.available().filter(person_id=person_id)
        skills = ProviderSkill.objects.filter(provider=OuterRef("pk")).filter(
            Q(category=OuterRef(OuterRef("category")))
            | Q(category=OuterRef(OuterRef("category__parent")))
            | Q(category__parent=OuterRef(OuterRef("category")))
        )
        profiles = mine.reaching(OuterRef("point_m")).filter(Exists(skills))
        reach = Subquery(mine.values("reach_m")[:1])
        return self.open().filter(CoveredBy(F("point_m"), reach), Exists(profiles))

    def opened_to(self, user: Any) -> Self:
        """Return the requests whose exact place *user* may read.

        The requester, the person on site, and the provider of a job that is under way.
        """
        if not user.is_authenticated:
            return self.none()
        from marketplace.models.jobs import Job

        jobs = Job.objects.under_way().filter(provider_id=user.pk)
        return self.filter(
            Q(requester_id=user.pk)
            | Q(occupant_id=user.pk)
            | Q(pk__in=jobs.values("request_id"))
        )


class ServiceRequest(VersionedModel):
    """One thing to be done at one place, for which providers quote."""

    class Status(models.TextChoices):
        OPEN = "open", _("Ouverte")
        AWARDED = "awarded", _("Attribuée")
        CLOSED = "closed", _("Terminée")
        CANCELLED = "cancelled", _("Annulée")
        EXPIRED = "expired", _("Expirée")

    LIVE_STATES = (Status.OPEN, Status.AWARDED)

    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("demandeur"),
    )
    """Who asks, accepts a quote and pays."""
    occupant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("occupant"),
    )
    """Who is on site when it is not the requester: the tenant of a paying landlord."""
    ticket = models.ForeignKey(
        Ticket,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("demande de réparation"),
    )
    unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("logement"),
    )
    category = models.ForeignKey(
        ServiceCategory, models.PROTECT, related_name="+", verbose_name=_("catégorie")
    )
    title = models.CharField(_("titre"), max_length=120)
    description = models.CharField(_("description"), max_length=2000, blank=True)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("division")
    )
    landmark = models.ForeignKey(
        Landmark,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("repère"),
    )
    point = models.PointField(_("point exact"), srid=WGS84, spatial_index=False)
    directions = models.CharField(_("chemin"), max_length=500, blank=True)
    """How to walk there from the landmark; as private as the point."""
    public_point = models.PointField(_("point public"), srid=WGS84, spatial_index=False)
    point_m = models.GeneratedField(
        expression=Transform("public_point", UTM31N),
        output_field=models.PointField(srid=UTM31N, spatial_index=False),
        db_persist=True,
        verbose_name=_("point en mètres"),
    )
    wanted_on = models.DateField(_("souhaitée le"), null=True, blank=True)
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.OPEN
    )
    expires_at = models.DateTimeField(_("expire le"))
    ended_at = models.DateTimeField(_("terminée le"), null=True)

    objects = ServiceRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande de service")
        verbose_name_plural = _("demandes de service")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(ticket__isnull=False, status__in=["open", "awarded"]),
                name="marketplace_request_one_live_per_ticket",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("open", "awarded", "closed", "cancelled", "expired")
                ),
                name="marketplace_request_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(occupant=None) | ~Q(occupant=F("requester")),
                name="marketplace_request_occupant_is_another",
            ),
            models.CheckConstraint(
                condition=~Q(title=""), name="marketplace_request_has_title"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("open", "awarded"), ended_at=None)
                | (
                    Q(ended_at__isnull=False)
                    & Q(status__in=("closed", "cancelled", "expired"))
                ),
                name="marketplace_request_ended_has_moment",
            ),
        )
        indexes = (
            models.Index(fields=["requester", "-id"], name="marketplace_request_mine"),
            models.Index(
                fields=["occupant", "-id"],
                condition=Q(occupant__isnull=False),
                name="marketplace_request_at_home",
            ),
            GistIndex(
                fields=["point_m"],
                condition=Q(status="open"),
                name="marketplace_request_place",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="open"),
                name="marketplace_request_to_expire",
            ),
        )

    def __str__(self) -> str:
        return self.title


_S = ServiceRequest.Status
SERVICE_REQUEST_STATES = StateMachine(
    "service_request",
    [
        edge(_S.OPEN, "award", "requester", _S.AWARDED),
        edge(_S.OPEN, "cancel", "requester", _S.CANCELLED),
        edge(_S.OPEN, "expire", "system", _S.EXPIRED),
        # The job ended, done or cancelled: a new need is a new request.
        edge(_S.AWARDED, "close", "system", _S.CLOSED),
    ],
)
