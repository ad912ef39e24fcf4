"""Categories of services: a tree of trades and of what is asked of them.

Rows come from `marketplace/data` and are never edited by hand.
"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel, VisibleQuerySet


class ServiceCategoryQuerySet(VisibleQuerySet["ServiceCategory"]):
    """Categories: everybody's to read."""

    def visible_to(self, user: Any) -> Self:
        """Return the categories that may be chosen now, to anybody."""
        return self.filter(is_active=True)

    def family_of(self, category: ServiceCategory) -> Self:
        """Return *category*, the trade above it and what lies below it.

        A plumber repairs leaks, and a leak is a matter for plumbers: whoever has one of
        these skills may answer a request for *category*.
        """
        above = [category.pk] if category.parent_id is None else [category.parent_id]
        return self.filter(
            Q(pk=category.pk) | Q(pk__in=above) | Q(parent_id=category.pk)
        )


class ServiceCategory(BaseModel):
    """A trade (plumbing) or something asked of it (a leak)."""

    class PriceUnit(models.TextChoices):
        FLAT = "flat", _("forfait")
        HOUR = "hour", _("heure")
        DAY = "day", _("jour")
        SQUARE_METRE = "square_metre", _("m²")
        POINT = "point", _("point")
        TRIP = "trip", _("voyage")

    slug = models.CharField(_("code"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("métier"),
    )
    name_fr = models.CharField(_("nom en français"), max_length=80)
    name_en = models.CharField(_("nom en anglais"), max_length=80)
    price_unit = models.CharField(
        _("unité de prix"), max_length=20, choices=PriceUnit.choices
    )
    """How the trade usually counts; a quote may count otherwise."""
    position = models.IntegerField(_("rang"))
    is_active = models.BooleanField(_("proposée"), default=True)

    objects = ServiceCategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("catégorie de services")
        verbose_name_plural = _("catégories de services")
        ordering = ("position", "slug")
        constraints = (
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z][a-z0-9_]{1,39}$"),
                name="marketplace_category_slug_is_a_code",
            ),
            models.CheckConstraint(
                condition=Q(
                    price_unit__in=(
                        "flat",
                        "hour",
                        "day",
                        "square_metre",
                        "point",
                        "trip",
                    )
                ),
                name="marketplace_category_price_unit_is_known",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="marketplace_category_is_not_its_own_trade",
            ),
        )

    def __str__(self) -> str:
        return self.name_fr

    def name_in(self, language: str) -> str:
        """Return the name in *language* (``fr`` or ``en``)."""
        return self.name_en if language == "en" else self.name_fr
