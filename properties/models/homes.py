"""Properties (where) and their units (what is let). Private until somebody is accepted."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.gis.db import models
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from properties.models.geo import WGS84
from properties.models.places import Division, Landmark

AGENT_ROLES = frozenset({"owner", "manager", "agent"})
"""Members of an agency who work on homes; the others read papers."""


def may_visit(agency_role: str) -> bool:
    """Say whether a member of an agency needs the exact address of its homes."""
    return agency_role in AGENT_ROLES


class PropertyQuerySet(VisibleQuerySet["Property"]):
    """Exact addresses: seen by the owner, by whom the owner accepted, by agents."""

    def visible_to(self, user: Any) -> Self:
        """Return the owner's properties, and those whose applicant or tenant *user* is.

        In an agency's context: those with a unit entrusted to it, for who works outside.
        """
        if not user.is_authenticated:
            return self.none()
        if user.context is not None:
            if not may_visit(user.context.role):
                return self.none()
            entrusted = Unit.objects.entrusted_to(user.context.agency_id)
            return self.filter(pk__in=entrusted.values("property_id"))
        # Subqueries, not joins: rows stay single, so they can be locked.
        return self.filter(
            models.Q(landlord_id=user.pk)
            | models.Q(pk__in=Unit.objects.opened_to(user).values("property_id"))
        )


class Property(VersionedModel):
    """A place with homes in it, and its landmark-first address."""

    class Kind(models.TextChoices):
        COURTYARD = "courtyard", _("Cour commune")
        HOUSE = "house", _("Maison individuelle")
        BUILDING = "building", _("Immeuble")
        OTHER = "other", _("Autre")

    class Relation(models.TextChoices):
        UNSAID = "unsaid", _("près de")
        BESIDE = "beside", _("à côté de")
        OPPOSITE = "opposite", _("en face de")
        BEHIND = "behind", _("derrière")
        BEFORE = "before", _("avant")
        AFTER = "after", _("après")

    landlord = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("propriétaire"),
    )
    label = models.CharField(_("nom donné par le propriétaire"), max_length=80)
    """The owner's own name for it; nobody else reads it."""
    kind = models.CharField(
        _("type de bien"), max_length=20, choices=Kind.choices, default=Kind.OTHER
    )
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
    landmark_relation = models.CharField(
        _("situation par rapport au repère"),
        max_length=20,
        choices=Relation.choices,
        default=Relation.UNSAID,
    )
    path_text = models.CharField(_("chemin"), max_length=500, blank=True)
    """How to walk there from the landmark (« 2ᵉ von à droite, portail bleu »)."""
    street = models.CharField(_("rue"), max_length=80, blank=True)
    door_number = models.CharField(_("numéro de porte"), max_length=20, blank=True)
    pin = models.PointField(_("épingle"), srid=WGS84)
    pin_accuracy_metres = models.IntegerField(
        _("précision de l’épingle (m)"), default=50
    )

    objects = PropertyQuerySet.as_manager()

    class Meta:
        verbose_name = _("bien")
        verbose_name_plural = _("biens")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="properties_property_accuracy_is_positive",
                condition=models.Q(pin_accuracy_metres__range=(1, 5000)),
            ),
        )

    def __str__(self) -> str:
        return self.label


class UnitQuerySet(VisibleQuerySet["Unit"]):
    """Units: the owner's own, or those entrusted to an agency."""

    def visible_to(self, user: Any) -> Self:
        """Return the units that *user* owns, was accepted for, or lives in.

        In an agency's context: those entrusted to it, and nothing of *user*'s own.
        """
        if not user.is_authenticated:
            return self.none()
        if user.context is not None:
            return self.entrusted_to(user.context.agency_id)
        return self.filter(landlord_id=user.pk) | self.opened_to(user)

    def entrusted_to(self, agency_id: UUID) -> Self:
        """Return the units that the agency has a mandate for today."""
        from properties.models.mandates import Mandate

        held = Mandate.objects.in_force().filter(agency_id=agency_id)
        return self.filter(pk__in=held.values("unit_id"))

    def opened_to(self, user: Any) -> Self:
        """Return the units that *user* was accepted for, or lives in.

        Not their neighbours: whoever takes one room of a yard learns nothing of the rest.
        """
        from properties.models.applications import Application
        from properties.models.leases import Lease

        accepted = Application.objects.accepted().filter(tenant_id=user.pk)
        lived_in = Lease.objects.running().filter(tenant_id=user.pk)
        return self.filter(
            models.Q(pk__in=accepted.values("unit_id"))
            | models.Q(pk__in=lived_in.values("unit_id"))
        )


class Unit(VersionedModel):
    """A home, room or shop that is let as one."""

    class Kind(models.TextChoices):
        ENTREE_COUCHER = "entree_coucher", _("Entrée-coucher")
        CHAMBRE_SALON = "chambre_salon", _("Chambre-salon")
        STUDIO = "studio", _("Studio")
        APARTMENT = "apartment", _("Appartement")
        HOUSE = "house", _("Maison")
        VILLA = "villa", _("Villa")
        SHARED_ROOM = "shared_room", _("Chambre en colocation")
        SHOP = "shop", _("Boutique ou bureau")

    class Sanitary(models.TextChoices):
        ORDINARY = "ordinary", _("Ordinaire (douche et WC dans la cour)")
        SEMI = "semi_sanitary", _("Semi-sanitaire")
        SANITARY = "sanitary", _("Sanitaire (douche et WC à l’intérieur)")

    class Water(models.TextChoices):
        UNSAID = "unsaid", _("Non précisé")
        SONEB_OWN = "soneb_own", _("SONEB, compteur personnel")
        SONEB_SHARED = "soneb_shared", _("SONEB, compteur partagé")
        BOREHOLE = "borehole", _("Forage")
        WELL = "well", _("Puits")

    class Power(models.TextChoices):
        UNSAID = "unsaid", _("Non précisé")
        SBEE_PREPAID = "sbee_prepaid", _("SBEE, compteur à carte")
        SBEE_OWN = "sbee_own", _("SBEE, compteur personnel")
        SUBMETER = "submeter", _("Décompteur")
        SOLAR = "solar", _("Solaire")
        NONE = "none", _("Pas de courant")

    property = models.ForeignKey(
        Property, models.PROTECT, related_name="units", verbose_name=_("bien")
    )
    landlord = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("propriétaire"),
    )
    label = models.CharField(_("nom donné par le propriétaire"), max_length=80)
    kind = models.CharField(_("type de logement"), max_length=20, choices=Kind.choices)
    bedrooms = models.IntegerField(
        _("chambres"), default=1, validators=[MaxValueValidator(20)]
    )
    sanitary = models.CharField(
        _("sanitaires"), max_length=20, choices=Sanitary.choices
    )
    is_furnished = models.BooleanField(_("meublé"), default=False)
    has_own_entrance = models.BooleanField(_("entrée indépendante"), default=False)
    surface_m2 = models.IntegerField(_("surface (m²)"), null=True, blank=True)
    water = models.CharField(
        _("eau"), max_length=20, choices=Water.choices, default=Water.UNSAID
    )
    power = models.CharField(
        _("électricité"), max_length=20, choices=Power.choices, default=Power.UNSAID
    )

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("logement")
        verbose_name_plural = _("logements")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                name="properties_unit_bedrooms_are_plausible",
                condition=models.Q(bedrooms__range=(0, 20)),
            ),
            models.CheckConstraint(
                name="properties_unit_surface_is_plausible",
                condition=models.Q(surface_m2=None)
                | models.Q(surface_m2__range=(1, 10_000)),
            ),
        )

    def __str__(self) -> str:
        return self.label
