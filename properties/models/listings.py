"""Listings: the publication of a unit, its photos and what entering costs.

A listing carries its own blurred point and copies of what is searched. What search does
not hold (the pin, the path, the landlord's name), search cannot leak.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Transform
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import Agency
from lokahome.core.db.models import VersionedModel
from lokahome.core.money import XOF, Money
from lokahome.core.states import StateMachine, edge
from properties.models.geo import UTM31N, WGS84
from properties.models.homes import Unit
from properties.models.listing_search import ListingQuerySet
from properties.models.places import Division, Landmark


class Listing(VersionedModel):
    """One publication of a unit."""

    class Purpose(models.TextChoices):
        LONG_LET = "long_let", _("Location")
        SHORT_STAY = "short_stay", _("Court séjour")
        ROOM_SHARE = "room_share", _("Colocation")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Brouillon")
        SUBMITTED = "submitted", _("À modérer")
        NEEDS_CHANGES = "needs_changes", _("À corriger")
        PUBLISHED = "published", _("Publiée")
        PAUSED = "paused", _("En pause")
        LET = "let", _("Louée")
        EXPIRED = "expired", _("Expirée")
        REJECTED = "rejected", _("Refusée")
        SUSPENDED = "suspended", _("Suspendue")

    OPEN_STATES = (
        Status.DRAFT,
        Status.SUBMITTED,
        Status.NEEDS_CHANGES,
        Status.PUBLISHED,
        Status.PAUSED,
    )
    EDITABLE_STATES = (
        Status.DRAFT,
        Status.NEEDS_CHANGES,
        Status.PUBLISHED,
        Status.PAUSED,
    )
    DEAD_STATES = (Status.LET, Status.EXPIRED, Status.REJECTED, Status.SUSPENDED)

    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="listings", verbose_name=_("logement")
    )
    landlord = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("propriétaire"),
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
    """The agency that handles it under a mandate; no other agency may learn of it."""
    slug = models.SlugField(_("adresse publique"), max_length=120, unique=True)
    purpose = models.CharField(
        _("usage"), max_length=20, choices=Purpose.choices, default=Purpose.LONG_LET
    )
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.DRAFT
    )
    title = models.CharField(_("titre"), max_length=160)
    search_title = models.CharField(
        _("mots de la recherche"), max_length=400, blank=True
    )
    """Folded title, division, commune and landmark: what free words are matched to."""
    description = models.CharField(_("texte de l’annonce"), max_length=2000, blank=True)
    rent = models.IntegerField(_("loyer"))
    currency = models.CharField(_("devise"), max_length=3, default=XOF)
    entry_total = models.IntegerField(_("total à l’entrée"), default=0)
    """First rent and every entry cost line; kept by the service that writes the lines."""
    kind = models.CharField(
        _("type de logement"), max_length=20, choices=Unit.Kind.choices
    )
    # int4, not smallint: btree_gist does not use a smallint compared with an integer.
    bedrooms = models.IntegerField(_("chambres"))
    sanitary = models.CharField(
        _("sanitaires"), max_length=20, choices=Unit.Sanitary.choices
    )
    is_furnished = models.BooleanField(_("meublé"), default=False)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name=_("division")
    )
    commune = models.ForeignKey(
        Division, models.PROTECT, null=True, related_name="+", verbose_name=_("commune")
    )
    landmark = models.ForeignKey(
        Landmark,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("repère"),
    )
    public_point = models.PointField(_("point public"), srid=WGS84, spatial_index=False)
    point_m = models.GeneratedField(
        expression=Transform("public_point", UTM31N),
        output_field=models.PointField(srid=UTM31N, spatial_index=False),
        db_persist=True,
        verbose_name=_("point en mètres"),
    )
    available_on = models.DateField(_("libre le"), null=True, blank=True)
    photo_count = models.IntegerField(_("nombre de photos"), default=0)
    reviewed_rent = models.IntegerField(_("loyer vu en modération"), null=True)
    """The rent a moderator saw last: a change of 30 % from it goes back to review."""
    review_reason = models.CharField(
        _("motif de la modération"), max_length=500, blank=True
    )
    submitted_at = models.DateTimeField(_("soumise le"), null=True)
    published_at = models.DateTimeField(_("publiée le"), null=True)
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True)
    """When the owner last said that the home is still free."""
    is_held = models.BooleanField(_("retenue"), default=False)
    """Whether the pause it is in came with the closing of its owner's account."""

    objects = ListingQuerySet.as_manager()

    class Meta:
        verbose_name = _("annonce")
        verbose_name_plural = _("annonces")
        permissions = (("moderate_listing", _("Décider des annonces")),)
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(
                    status__in=[
                        "draft",
                        "submitted",
                        "needs_changes",
                        "published",
                        "paused",
                    ]
                ),
                name="properties_listing_one_open_per_unit",
            ),
            models.CheckConstraint(
                condition=Q(rent__range=(1, 1_000_000_000)),
                name="properties_listing_rent_is_plausible",
            ),
            models.CheckConstraint(
                condition=Q(photo_count__range=(0, 20)),
                name="properties_listing_photos_at_most_20",
            ),
            models.CheckConstraint(
                condition=~Q(status="published")
                | Q(
                    published_at__isnull=False,
                    reviewed_rent__isnull=False,
                    photo_count__gte=1,
                ),
                name="properties_listing_published_was_reviewed",
            ),
            models.CheckConstraint(
                condition=~Q(status="submitted") | Q(submitted_at__isnull=False),
                name="properties_listing_submitted_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "suspended", "needs_changes"])
                | ~Q(review_reason=""),
                name="properties_listing_refusal_has_reason",
            ),
        )
        indexes = (
            GistIndex(
                fields=["point_m", "rent", "bedrooms"],
                condition=Q(status="published"),
                name="properties_listing_nearest",
            ),
            GinIndex(
                OpClass("search_title", name="gin_trgm_ops"),
                condition=Q(status="published"),
                name="properties_listing_words",
            ),
            models.Index(
                fields=["-published_at", "-id"],
                condition=Q(status="published"),
                name="properties_listing_newest",
            ),
            models.Index(
                fields=["rent", "id"],
                condition=Q(status="published"),
                name="properties_listing_cheapest",
            ),
            models.Index(
                fields=["entry_total", "id"],
                condition=Q(status="published"),
                name="properties_listing_entry",
            ),
            models.Index(
                fields=["agency", "-id"],
                condition=Q(agency__isnull=False),
                name="properties_listing_handled",
            ),
            models.Index(
                fields=["submitted_at", "id"],
                condition=Q(status="submitted"),
                name="properties_listing_queue",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def title_in(self, language: str, *, with_landmark: bool = True) -> str:
        """Return a title made of facts, so that nobody has to moderate or translate it.

        Needs division, commune and landmark at hand.
        """
        with override(language):
            parts = [str(self.get_kind_display())]
            if self.bedrooms > 1:
                parts.append(gettext("%(count)d chambres") % {"count": self.bedrooms})
            if self.is_furnished:
                parts.append(gettext("meublé"))
            place = self.division.name
            if self.commune and self.commune.name != place:
                place += f" ({self.commune.name})"
            facts = {"home": ", ".join(parts), "place": place}
            title = gettext("%(home)s à %(place)s") % facts
            if with_landmark and self.landmark:
                name = {"landmark": self.landmark.name}
                title += gettext(", près de %(landmark)s") % name
        return title[:160]

    @property
    def rent_money(self) -> Money:
        """The monthly rent."""
        return Money(self.rent, self.currency)

    @property
    def entry_total_money(self) -> Money:
        """What a tenant pays before entering, first rent included."""
        return Money(self.entry_total, self.currency)


_S = Listing.Status
LISTING_STATES = StateMachine(
    "listing",
    [
        edge(_S.DRAFT, "submit", "owner agent", _S.SUBMITTED),
        edge(_S.NEEDS_CHANGES, "submit", "owner agent", _S.SUBMITTED),
        edge(_S.SUBMITTED, "publish", "staff", _S.PUBLISHED),
        edge(_S.SUBMITTED, "request_changes", "staff", _S.NEEDS_CHANGES),
        edge(_S.SUBMITTED, "reject", "staff", _S.REJECTED),
        # Its owner left for good before anybody looked.
        edge(_S.SUBMITTED, "expire", "system", _S.EXPIRED),
        # The system's pause: its owner's account was closed, and may open again.
        edge(_S.PUBLISHED, "pause", "owner agent system", _S.PAUSED),
        edge(_S.PUBLISHED, "let", "owner system", _S.LET),
        edge(_S.PUBLISHED, "expire", "system", _S.EXPIRED),
        edge(_S.PUBLISHED, "review_again", "owner agent", _S.SUBMITTED),
        edge(_S.PAUSED, "resume", "owner agent system", _S.PUBLISHED),
        edge(_S.PAUSED, "let", "owner system", _S.LET),
        edge(_S.PAUSED, "expire", "system", _S.EXPIRED),
        edge(_S.PAUSED, "review_again", "owner agent", _S.SUBMITTED),
        *(
            edge(state, "suspend", "staff", _S.SUSPENDED)
            for state in _S
            if state is not _S.SUSPENDED
        ),
        # The inverse of a suspension: the owner submits again, a moderator looks again.
        edge(_S.SUSPENDED, "reinstate", "staff", _S.DRAFT),
    ],
)
