"""Providers: tradespeople, what they do and where.

The base is private. Whom a provider serves is computed from the blurred base and the
request's blurred point, so that no number of questions finds either.
"""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.gis.geos import Point
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel, VersionedModel, VisibleQuerySet
from marketplace.models.categories import ServiceCategory
from properties.models.geo import UTM31N, WGS84, metric_point


class Expand(models.Func):
    """``ST_Expand``: the square that holds every point within a distance."""

    function = "ST_Expand"
    output_field = models.PolygonField(srid=UTM31N)


class WithinReach(models.Func):
    """``ST_DWithin(here, there, metres)`` with the distance of each row."""

    function = "ST_DWithin"
    output_field = models.BooleanField()


class ProviderQuerySet(VisibleQuerySet["ProviderProfile"]):
    """Provider profiles: public but for the base."""

    def visible_to(self, user: Any) -> Self:
        """Return the providers who take work, and one's own profile."""
        takes_work = Q(is_available=True, suspended_at=None, person__is_active=True)
        if not user.is_authenticated:
            return self.filter(takes_work)
        return self.filter(takes_work | Q(person_id=user.pk))

    def available(self) -> Self:
        """Return the providers who take work now."""
        return self.filter(is_available=True, suspended_at=None, person__is_active=True)

    def with_skill(self, category: ServiceCategory) -> Self:
        """Return the providers who do *category*, its trade, or a part of it."""
        family = ServiceCategory.objects.family_of(category).values("pk")
        skills = ProviderSkill.objects.filter(
            provider=OuterRef("pk"), category__in=family
        )
        return self.filter(Exists(skills))

    def reaching(self, point: Any) -> Self:
        """Return the providers whose area holds *point* (EPSG:32631).

        *point* is a Point or an expression. The index on ``reach_m`` finds candidates;
        the drawn polygon, or the circle inside its square, decides.
        """
        if isinstance(point, Point):
            point = models.Value(point, output_field=models.PointField(srid=UTM31N))
        circle = WithinReach(F("centre_m"), point, F("radius_m"))
        return self.filter(reach_m__covers=point).filter(
            Q(area__isnull=False) | Q(circle)
        )

    def serving(self, point: Point, category: ServiceCategory) -> Self:
        """Return the available providers who do *category* at the WGS 84 *point*."""
        here = metric_point(point)
        return self.available().with_skill(category).reaching(here)


class ProviderProfile(VersionedModel):
    """What one tradesperson offers, and where."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="provider_profile",
        verbose_name=_("personne"),
    )
    display_name = models.CharField(_("nom affiché"), max_length=80)
    about = models.CharField(_("présentation"), max_length=1000, blank=True)
    categories = models.ManyToManyField(
        ServiceCategory,
        through="ProviderSkill",
        related_name="providers",
        verbose_name=_("métiers"),
    )
    base_point = models.PointField(_("base"), srid=WGS84, spatial_index=False)
    """Where the provider sets out from. Private: nobody else reads it."""
    public_point = models.PointField(_("point public"), srid=WGS84, spatial_index=False)
    """The base, blurred as homes are."""
    radius_m = models.IntegerField(_("rayon (m)"))
    area = models.PolygonField(
        _("zone dessinée"), srid=WGS84, null=True, blank=True, spatial_index=False
    )
    """Where the provider works, when a circle does not say it; replaces the radius."""
    centre_m = models.GeneratedField(
        expression=Transform("public_point", UTM31N),
        output_field=models.PointField(srid=UTM31N, spatial_index=False),
        db_persist=True,
        verbose_name=_("point en mètres"),
    )
    reach_m = models.GeneratedField(
        expression=Coalesce(
            Transform("area", UTM31N),
            Expand(Transform("public_point", UTM31N), F("radius_m")),
            output_field=models.PolygonField(srid=UTM31N, spatial_index=False),
        ),
        output_field=models.PolygonField(srid=UTM31N, spatial_index=False),
        db_persist=True,
        verbose_name=_("zone en mètres"),
    )
    is_available = models.BooleanField(_("disponible"), default=True)
    suspended_at = models.DateTimeField(_("suspendu le"), null=True, blank=True)
    """Staff took the provider off: no new quote; jobs under way go on."""
    suspension_reason = models.CharField(
        _("motif de la suspension"), max_length=500, blank=True
    )
    jobs_done = models.IntegerField(_("travaux faits"), default=0)
    rating_sum = models.IntegerField(_("somme des notes"), default=0)
    """Of revealed reviews; kept by the service that reveals them."""
    rating_count = models.IntegerField(_("nombre de notes"), default=0)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        verbose_name = _("prestataire")
        verbose_name_plural = _("prestataires")
        permissions = (("suspend_provider", _("Peut suspendre un prestataire")),)
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(display_name=""), name="marketplace_provider_has_name"
            ),
            models.CheckConstraint(
                condition=Q(radius_m__range=(500, 100_000)),
                name="marketplace_provider_radius_is_plausible",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at=None, suspension_reason="")
                | (Q(suspended_at__isnull=False) & ~Q(suspension_reason="")),
                name="marketplace_provider_suspension_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(jobs_done__gte=0, rating_count__gte=0)
                & Q(rating_sum__gte=F("rating_count"))
                & Q(rating_sum__lte=F("rating_count") * 5),
                name="marketplace_provider_ratings_are_1_to_5",
            ),
        )
        indexes = (
            GistIndex(
                fields=["reach_m"],
                condition=Q(is_available=True),
                name="marketplace_provider_reach",
            ),
        )

    def __str__(self) -> str:
        return self.display_name


class ProviderSkill(BaseModel):
    """One category that one provider does."""

    provider = models.ForeignKey(
        ProviderProfile,
        models.CASCADE,
        related_name="skills",
        verbose_name=_("prestataire"),
    )
    category = models.ForeignKey(
        ServiceCategory, models.PROTECT, related_name="+", verbose_name=_("catégorie")
    )

    class Meta:
        verbose_name = _("compétence")
        verbose_name_plural = _("compétences")
        constraints = (
            models.UniqueConstraint(
                fields=["provider", "category"], name="marketplace_skill_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider_id} {self.category_id}"
