"""Annonces à modérer: the queue, and everything about one listing on one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin.case_views import register_case_view
from accounts.admin.sanction_forms import SuspensionForm
from accounts.models import Sanction, User
from accounts.services.moderation.sanctions import impose_sanction
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.decisions import Decision, Order
from lokahome.core.money import Money, format_money
from properties.models import Listing
from properties.models.listings import LISTING_STATES
from properties.queries.cards import Card, entry_lines, picture
from properties.queries.market import market_around
from properties.services import moderation

PERMISSION = "properties.moderate_listing"
REASONS_TO_CORRECT = (
    "Les photos ne montrent pas le logement : ajoutez l’intérieur et la cour.",
    "Le loyer ne correspond pas à la description.",
    "La description contient un numéro de téléphone : retirez-le.",
    "Le repère choisi est loin du point placé sur la carte.",
)
REASONS_TO_REJECT = (
    "Ce logement est déjà publié dans une autre annonce.",
    "Les photos viennent d’un autre site.",
    "L’annonce demande de payer avant la visite.",
    "L’annonce exclut des personnes d’une façon que la loi interdit.",
)


class StateFilter(admin.SimpleListFilter):
    """What waits for a moderator, unless asked otherwise: the list is a queue."""

    title = _("état")
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices beside the default."""
        states = [s for s in Listing.Status if s is not Listing.Status.SUBMITTED]
        return [("all", _("Toutes")), *((s.value, s.label) for s in states)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Listing]
    ) -> QuerySet[Listing]:
        """Return the listings of the choice."""
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or Listing.Status.SUBMITTED)

    def choices(self, changelist: Any) -> Any:
        """Name the default by what it shows."""
        default = changelist.get_query_string(remove=[self.parameter_name])
        for choice in super().choices(changelist):
            if choice["query_string"] == default:
                choice = {**choice, "display": _("À modérer")}
            yield choice


def _publish(row: Listing, order: Order) -> None:
    moderation.publish_listing(
        listing_id=row.pk, actor_id=order.actor_id, now=order.now
    )


def _with_reason(service: Callable[..., Listing]) -> Callable[[Any, Order], object]:
    def run(row: Listing, order: Order) -> object:
        return service(
            listing_id=row.pk,
            actor_id=order.actor_id,
            reason=order.reason,
            now=order.now,
        )

    return run


def _permits(action: str) -> Callable[[Any], bool]:
    return lambda row: action in LISTING_STATES.allowed_actions(row.status, {"staff"})


def _suspend_owner(row: Listing, order: Order) -> None:
    impose_sanction(
        person_id=row.landlord_id,
        kind=Sanction.Kind.SUSPEND,
        reason=order.choices["grounds"],
        words=order.reason,
        notice=order.choices["notice"],
        days=order.choices["days"],
        actor=User.objects.get(pk=order.actor_id),
        now=order.now,
    )


@admin.register(Listing)
class ListingAdmin(LokaModelAdmin):
    """Listings; those that wait come first, the longest waiting on top."""

    list_display = (
        "title",
        "commune",
        "shown_rent",
        "photo_count",
        "shown_status",
        "landlord",
        "submitted_at",
    )
    list_filter = (StateFilter, "purpose", "kind")
    list_select_related = ("commune", "landlord")
    search_fields = ("search_title", "=slug", "=landlord__id")
    search_help_text = _("Mots du titre, adresse publique ou propriétaire")
    ordering = ("submitted_at", "id")
    queue_filter = {"status": Listing.Status.SUBMITTED}
    fields = (
        "title",
        "shown_status",
        "landlord",
        "unit",
        "purpose",
        "shown_rent",
        "description",
        "available_on",
        "review_reason",
        "submitted_at",
        "published_at",
        "slug",
    )
    readonly_fields = fields
    decisions = (
        Decision(
            name="publish",
            label="Publier",
            permission=PERMISSION,
            run=_publish,
            is_available=_permits("publish"),
            needs_reason=False,
            notice="L’annonce est visible tout de suite. Le propriétaire est prévenu.",
            shortcut="a",
        ),
        Decision(
            name="request-changes",
            label="Demander une correction",
            permission=PERMISSION,
            run=_with_reason(moderation.request_changes),
            is_available=_permits("request_changes"),
            reasons=REASONS_TO_CORRECT,
            notice="Le propriétaire reçoit votre motif et peut corriger, puis renvoyer.",
            shortcut="c",
        ),
        Decision(
            name="suspend-owner",
            label="Suspendre le compte",
            permission="accounts.impose_sanction",
            run=_suspend_owner,
            form=SuspensionForm,
            notice="Une seconde personne approuve toujours ; d’ici là rien ne change.",
            is_danger=True,
            shortcut="s",
        ),
        Decision(
            name="reject",
            label="Refuser",
            permission=PERMISSION,
            run=_with_reason(moderation.reject_listing),
            is_available=_permits("reject"),
            reasons=REASONS_TO_REJECT,
            notice="L’annonce est refusée pour de bon. Le propriétaire reçoit le motif.",
            is_danger=True,
            shortcut="r",
        ),
        Decision(
            name="suspend",
            label="Suspendre",
            permission=PERMISSION,
            run=_with_reason(moderation.suspend_listing),
            is_available=_permits("suspend"),
            reasons=REASONS_TO_REJECT,
            notice="L’annonce disparaît du site. La suspension peut être levée.",
            is_danger=True,
            shortcut="s",
        ),
        Decision(
            name="reinstate",
            label="Lever la suspension",
            permission=PERMISSION,
            run=_with_reason(moderation.reinstate_listing),
            is_available=_permits("reinstate"),
            notice="Le propriétaire retrouve un brouillon, à renvoyer en modération.",
            shortcut="u",
        ),
    )

    def lock_first(self, pk: Any) -> None:
        """Lock the owner: people come before what is theirs."""
        owners = Listing.objects.filter(pk=pk).values("landlord_id")
        people = User.objects.get_queryset().filter(pk__in=owners)
        list(people.select_for_update(no_key=True, of=("self",)))

    def preview(self, request: HttpRequest, row: Listing) -> str:
        """Return the listing as people would see it, and what it is measured by."""
        market = market_around(row)
        costs = list(row.entry_costs.all())
        context = {
            "listing": row,
            "card": Card(row),
            "photos": [picture(photo) for photo in row.photos.all()],
            "lines": entry_lines(costs, row.currency),
            "home": row.unit.property,
            "market": market,
            "difference": _difference(row.rent, market.median),
            "before": (
                format_money(Money(row.reviewed_rent, row.currency))
                if row.reviewed_rent not in (None, row.rent)
                else ""
            ),
            "median": (
                format_money(Money(market.median, row.currency))
                if market.median
                else ""
            ),
        }
        return render_to_string("admin/properties/listing_preview.html", context)

    @display(description=_("Loyer"), ordering="rent")
    def shown_rent(self, row: Listing) -> str:
        """Return the rent as people write it."""
        return format_money(row.rent_money)

    @display(
        description=_("État"),
        ordering="status",
        label={
            "À modérer": "warning",
            "À corriger": "info",
            "Publiée": "success",
            "Refusée": "danger",
            "Suspendue": "danger",
        },
    )
    def shown_status(self, row: Listing) -> str:
        """Return the state's name."""
        return str(row.get_status_display())


register_case_view(
    "listing",
    lambda case, listing_id: reverse(
        "admin:properties_listing_change", args=[listing_id]
    ),
    label="Voir l’annonce",
    permission="properties.view_listing",
    names_of=lambda ids: dict(
        Listing.objects.filter(pk__in=ids).values_list("pk", "title")
    ),
)


def _difference(rent: int, median: int | None) -> str:
    """Return how far *rent* is from the zone's median, in percent."""
    if not median:
        return ""
    percent = round((rent - median) * 100 / median)
    return f"{percent:+d} %".replace("-", "−")
