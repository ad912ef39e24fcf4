"""What belongs to a listing: what entering costs, and its photos."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel
from properties.models.listings import Listing


class EntryCost(BaseModel):
    """One line of what entering costs besides the first rent, with its legal mark."""

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", _("Caution")
        PREPAID_RENT = "prepaid_rent", _("Loyers payés d’avance")
        UTILITY_DEPOSIT = "utility_deposit", _("Caution eau et électricité")
        COMMISSION = "commission", _("Commission")
        VISIT_FEE = "visit_fee", _("Frais de visite")
        OTHER = "other", _("Autres frais")

    class LegalMark(models.TextChoices):
        LEGAL = "legal", _("conforme")
        NEGOTIABLE = "negotiable", _("à négocier")
        ABOVE_CAP = "above_cap", _("au-dessus du plafond légal")

    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="entry_costs", verbose_name=_("annonce")
    )
    kind = models.CharField(_("nature"), max_length=20, choices=Kind.choices)
    amount = models.IntegerField(_("montant"))
    note = models.CharField(_("remarque"), max_length=160, blank=True)
    legal_mark = models.CharField(
        _("conformité"), max_length=20, choices=LegalMark.choices
    )
    rule_id = models.CharField(_("règle"), max_length=40, blank=True)
    rules_version = models.CharField(_("version des règles"), max_length=20)

    class Meta:
        verbose_name = _("frais d’entrée")
        verbose_name_plural = _("frais d’entrée")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["listing", "kind"], name="properties_entry_cost_once_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(amount__range=(1, 1_000_000_000)),
                name="properties_entry_cost_is_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class ListingPhoto(BaseModel):
    """A photo of a listing: re-encoded variants, nothing of the original's metadata."""

    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="photos", verbose_name=_("annonce")
    )
    upload_id = models.UUIDField(_("dépôt de fichier"), unique=True)
    position = models.IntegerField(_("rang"))
    width = models.IntegerField(_("largeur"))
    height = models.IntegerField(_("hauteur"))
    variants = models.JSONField(_("variantes"))
    """``[{"format", "width", "height", "bytes", "key"}]``, smallest first."""

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["listing", "position"],
                name="properties_photo_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )

    def __str__(self) -> str:
        return f"{self.listing_id} {self.position}"
