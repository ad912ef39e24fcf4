"""Prestataires et catégories: read-only; a provider's base is nobody's to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.masked import masked_phone
from marketplace.models import ProviderProfile, ServiceCategory
from properties.admin.addresses import coordinates


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(LokaModelAdmin):
    """Categories; they come from the project's own file."""

    list_display = ("name_fr", "name_en", "slug", "parent", "price_unit", "is_active")
    list_filter = ("is_active", "price_unit")
    list_select_related = ("parent",)
    search_fields = ("slug", "name_fr", "name_en")
    ordering = ("position", "slug")


@admin.register(ProviderProfile)
class ProviderProfileAdmin(LokaModelAdmin):
    """Providers, with the phone masked."""

    timeline_noun = "provider"
    timeline_deeds = {
        "provider.joined": _("Profil créé"),
        "provider.changed": _("Profil modifié"),
    }

    list_display = (
        "display_name",
        "shown_trades",
        "is_available",
        "jobs_done",
        "shown_rating",
        "shown_phone",
        "created_at",
    )
    list_filter = ("is_available",)
    search_fields = ("display_name", "=id", "=person__id")
    search_help_text = _("Nom affiché, identifiant du profil ou de la personne")
    ordering = ("-id",)
    fields = (
        "display_name",
        "person",
        "shown_phone",
        "about",
        "shown_trades",
        "shown_point",
        "radius_m",
        "is_available",
        "jobs_done",
        "shown_rating",
        "created_at",
        "updated_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderProfile]:
        """Read trades and numbers of the page's providers at once."""
        rows: QuerySet[ProviderProfile] = super().get_queryset(request)
        joined = rows.select_related("person")
        return joined.prefetch_related("categories", "person__phones")

    @display(description=_("Métiers"))
    def shown_trades(self, row: ProviderProfile) -> str:
        """Return what the provider does."""
        return ", ".join(category.name_fr for category in row.categories.all())

    @display(description=_("Note moyenne"))
    def shown_rating(self, row: ProviderProfile) -> str:
        """Return « 4,7 / 5 (12) »."""
        if not row.rating_count:
            return "—"
        whole, tenths = divmod(round(10 * row.rating_sum / row.rating_count), 10)
        return f"{whole},{tenths} / 5 ({row.rating_count})"

    @display(description=_("Téléphone"))
    def shown_phone(self, row: ProviderProfile) -> str:
        """Return the current number, masked."""
        phones: Any = row.person.phones.all()
        current = [item for item in phones if item.released_at is None]
        newest = max(current, key=lambda item: item.verified_at, default=None)
        return masked_phone(newest.number if newest else None)

    @display(description=_("Point public"))
    def shown_point(self, row: ProviderProfile) -> str:
        """Return the blurred point, never the base."""
        return coordinates(row.public_point)


register_case_view(
    "provider",
    lambda case, provider_id: reverse(
        "admin:marketplace_providerprofile_change", args=[provider_id]
    ),
    label="Voir le prestataire",
    permission="marketplace.view_providerprofile",
    names_of=lambda ids: dict(
        ProviderProfile.objects.filter(pk__in=ids).values_list("pk", "display_name")
    ),
)
