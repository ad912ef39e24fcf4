"""What lists of services may be asked; everything else is a 400."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters

from lokahome.core.api.pagination import bad_parameter
from marketplace.models import Job, ProviderProfile, Quote, Review, ServiceCategory
from marketplace.models import ServiceRequest as Request
from marketplace.models.providers import ProviderQuerySet
from marketplace.models.requests import ServiceRequestQuerySet
from properties.api.filters import NearFilter, YesNoFilter
from properties.models.geo import metric_point


def category_named(slug: str) -> ServiceCategory:
    """Return the category *slug*; raises BadParameter."""
    row = ServiceCategory.objects.filter(slug=slug).first()
    if row is None:
        raise bad_parameter("category", _("Catégorie inconnue."))
    return row


class CategoryFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /service-categories`."""

    parent = filters.CharFilter(
        field_name="parent__slug", max_length=40, help_text="Slug of a trade."
    )

    class Meta:
        model = ServiceCategory
        fields: tuple[str, ...] = ()


class ProviderFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /providers`."""

    near = NearFilter(count=2, help_text="`lat,lng`: those whose area holds it.")
    category = filters.CharFilter(max_length=40, help_text="Slug of a category.")
    mine = YesNoFilter(help_text="`true`: one's own profile.")

    class Meta:
        model = ProviderProfile
        fields: tuple[str, ...] = ()

    def filter_queryset(
        self, queryset: QuerySet[ProviderProfile]
    ) -> QuerySet[ProviderProfile]:
        """Return the providers who do *category* at *near*."""
        asked = self.form.cleaned_data
        rows = cast("ProviderQuerySet", queryset)
        if asked["mine"]:
            return rows.filter(person_id=self.request.user.pk)
        rows = rows.available()
        if asked["category"]:
            rows = rows.with_skill(category_named(asked["category"]))
        if asked["near"] is not None:
            rows = rows.reaching(metric_point(asked["near"]))
        return rows


class ServiceRequestFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /service-requests`."""

    role = filters.ChoiceFilter(
        choices=[(role, role) for role in ("requester", "occupant", "provider")],
        method="as_role",
        help_text="`provider`: the open ones that one may quote for.",
    )
    status = filters.ChoiceFilter(choices=Request.Status.choices)
    category = filters.CharFilter(
        field_name="category__slug", max_length=40, help_text="Slug of a category."
    )
    ticket = filters.UUIDFilter(field_name="ticket_id", help_text="Of one ticket.")

    class Meta:
        model = Request
        fields: tuple[str, ...] = ()

    def as_role(self, rows: Any, _name: str, role: str) -> QuerySet[Request]:
        """Return the requests in which the reader has *role*."""
        person_id = self.request.user.pk
        if role == "provider":
            return cast("ServiceRequestQuerySet", rows).served_by(person_id)
        found: QuerySet[Request] = rows.filter(**{f"{role}_id": person_id})
        return found


class QuoteFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /quotes`."""

    request = filters.UUIDFilter(field_name="request_id", help_text="For one request.")
    status = filters.ChoiceFilter(choices=Quote.Status.choices)
    mine = YesNoFilter(method="as_provider", help_text="`true`: those one wrote.")

    class Meta:
        model = Quote
        fields: tuple[str, ...] = ()

    def as_provider(self, rows: Any, _name: str, mine: bool) -> QuerySet[Quote]:
        """Return the quotes that the reader wrote, or the others."""
        own = {"provider_id": self.request.user.pk}
        found: QuerySet[Quote] = rows.filter(**own) if mine else rows.exclude(**own)
        return found


class JobFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /jobs`."""

    role = filters.ChoiceFilter(
        choices=[(role, role) for role in ("customer", "provider", "occupant")],
        method="as_role",
        help_text="What one is to it.",
    )
    status = filters.ChoiceFilter(choices=Job.Status.choices)
    request = filters.UUIDFilter(field_name="request_id", help_text="Of one request.")

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()

    def as_role(self, rows: Any, _name: str, role: str) -> QuerySet[Job]:
        """Return the jobs in which the reader has *role*."""
        found: QuerySet[Job] = rows.filter(**{f"{role}_id": self.request.user.pk})
        return found


class ReviewFilter(filters.FilterSet):  # type: ignore[misc]  # no types
    """Filters of `GET /reviews`."""

    about = filters.UUIDFilter(field_name="about_id", help_text="Of one person.")
    job = filters.UUIDFilter(field_name="job_id", help_text="Of one job.")

    class Meta:
        model = Review
        fields: tuple[str, ...] = ()
