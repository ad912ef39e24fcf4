"""Divisions, places and landmarks of Benin: what people name when they say where.

Rows come from `properties/data/benin` and are never edited by hand.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel
from properties.models.geo import UTM31N, WGS84


class Division(BaseModel):
    """A department, commune, arrondissement or quartier (village)."""

    class Level(models.TextChoices):
        DEPARTMENT = "department", _("département")
        COMMUNE = "commune", _("commune")
        ARRONDISSEMENT = "arrondissement", _("arrondissement")
        QUARTIER = "quartier", _("quartier ou village")

    source_key = models.CharField(_("clé de la source"), max_length=120, unique=True)
    """``level/code/parent code/n``: finds the row again when the data is reloaded."""
    level = models.CharField(_("niveau"), max_length=16, choices=Level.choices)
    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("nom"), max_length=120)
    search_name = models.CharField(_("nom pour la recherche"), max_length=120)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="children",
        verbose_name=_("division qui la contient"),
    )
    parent_code = models.CharField(
        _("code de la division qui la contient"), max_length=12, blank=True
    )
    commune = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", verbose_name=_("commune")
    )
    """The commune it lies in (itself for one); None above it and when ambiguous."""
    is_ambiguous = models.BooleanField(_("ambiguë"), default=False)
    """Its parent's code is used by several arrondissements: ``parent`` is None."""
    point = models.PointField(_("point"), srid=WGS84, null=True)
    precision = models.CharField(
        _("précision du point"), max_length=16, choices=Level.choices, blank=True
    )
    """Level of the division whose coordinates ``point`` has: its own, or an ancestor's."""

    class Meta:
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        constraints = (
            models.CheckConstraint(
                name="properties_division_ambiguous_has_no_parent",
                condition=models.Q(is_ambiguous=False) | models.Q(parent=None),
            ),
            models.CheckConstraint(
                name="properties_division_point_has_precision",
                condition=models.Q(point=None, precision="")
                | (models.Q(point__isnull=False) & ~models.Q(precision="")),
            ),
        )
        indexes = (
            GinIndex(
                OpClass("search_name", name="gin_trgm_ops"),
                name="properties_division_name",
            ),
            models.Index(fields=["level", "code"], name="properties_division_code"),
        )

    def __str__(self) -> str:
        return self.name


class Place(BaseModel):
    """A town, village, suburb or neighbourhood of OpenStreetMap."""

    osm_node = models.BigIntegerField(_("nœud OpenStreetMap"), unique=True)
    kind = models.CharField(_("nature"), max_length=40)
    name = models.CharField(_("nom"), max_length=120)
    search_name = models.CharField(_("nom pour la recherche"), max_length=120)
    point = models.PointField(_("point"), srid=WGS84)
    point_m = models.GeneratedField(
        expression=Transform("point", UTM31N),
        output_field=models.PointField(srid=UTM31N, spatial_index=False),
        db_persist=True,
        verbose_name=_("point en mètres"),
    )
    population = models.IntegerField(_("habitants"), null=True)

    class Meta:
        verbose_name = _("localité")
        verbose_name_plural = _("localités")
        indexes = (
            GinIndex(
                OpClass("search_name", name="gin_trgm_ops"),
                name="properties_place_name",
            ),
            GistIndex(fields=["point_m"], name="properties_place_nearest"),
        )

    def __str__(self) -> str:
        return self.name


class Landmark(BaseModel):
    """A named amenity, shop or aerodrome by which people give an address."""

    osm_node = models.BigIntegerField(_("nœud OpenStreetMap"), unique=True)
    tag = models.CharField(_("étiquette"), max_length=40)
    kind = models.CharField(_("nature"), max_length=40)
    name = models.CharField(_("nom"), max_length=160)
    search_name = models.CharField(_("nom pour la recherche"), max_length=160)
    point = models.PointField(_("point"), srid=WGS84)
    point_m = models.GeneratedField(
        expression=Transform("point", UTM31N),
        output_field=models.PointField(srid=UTM31N, spatial_index=False),
        db_persist=True,
        verbose_name=_("point en mètres"),
    )
    locality = models.ForeignKey(
        Place, models.SET_NULL, null=True, related_name="+", verbose_name=_("localité")
    )
    """The nearest named locality: tells two landmarks of one name apart."""

    class Meta:
        verbose_name = _("repère")
        verbose_name_plural = _("repères")
        indexes = (
            GinIndex(
                OpClass("search_name", name="gin_trgm_ops"),
                name="properties_landmark_name",
            ),
            GistIndex(fields=["point_m"], name="properties_landmark_nearest"),
        )

    def __str__(self) -> str:
        return self.name


class PlaceLoad(BaseModel):
    """Which data is loaded: the digest of the files and of the loading code's version."""

    name = models.CharField(_("nom"), max_length=40, unique=True)
    digest = models.CharField(_("empreinte"), max_length=64)
    loaded_at = models.DateTimeField(_("chargé le"))

    class Meta:
        verbose_name = _("chargement de données")
        verbose_name_plural = _("chargements de données")

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:12]}"
