"""The public door: pages that any phone can show, and search engines can read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from properties.models import EntryCost, Listing
from properties.queries.cards import Card, entry_lines, picture
from properties.queries.public import newest, search

ON_A_PAGE = 24
Page = Callable[..., HttpResponse]


def in_chosen_language(page: Page) -> Page:
    """Show *page* in the language of ``?lang=``, else in the browser's."""

    @functools.wraps(page)
    def chosen(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("lang", "")
        known = {code for code, _name in settings.LANGUAGES}
        language = asked if asked in known else get_language()
        with override(language):
            response = page(request, **kwargs)
            response["Content-Language"] = language or "fr"
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return chosen


def show(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Render a public page with what every page has."""
    query = request.GET.copy()
    links = {}
    for code, _name in settings.LANGUAGES:
        query["lang"] = code
        links[f"query_{code}"] = query.urlencode()
    return render(
        request,
        template,
        {
            **context,
            **links,
            "lang_query": request.GET.get("lang", ""),
            "canonical": settings.PUBLIC_URL + request.path,
        },
    )


@require_safe
@in_chosen_language
def home_page(request: HttpRequest) -> HttpResponse:
    """Show the search box, and what was found or what is newest."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:120]
    digits = "".join(
        c for c in request.GET.get("rent_max", "")[:12] if c in "0123456789"
    )
    rent_max = int(digits) if digits else None
    place = ""
    if q or rent_max:
        rows, place = search(q, rent_max=rent_max, limit=ON_A_PAGE + 1)
    else:
        rows = newest(limit=ON_A_PAGE)
    return show(
        request,
        "public/home.html",
        cards=[Card(row) for row in rows[:ON_A_PAGE]],
        is_more=len(rows) > ON_A_PAGE,
        q=q,
        rent_max=rent_max,
        place=place,
    )


@require_safe
@in_chosen_language
def listing_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one published listing; 410 once its life is over, 404 before it began."""
    rows = Listing.objects.select_related("division", "commune", "landmark")
    listing = get_object_or_404(
        rows.filter(published_at__isnull=False).prefetch_related(
            "photos", "entry_costs"
        ),
        slug=slug,
    )
    if listing.status in Listing.DEAD_STATES:
        page = show(request, "public/gone.html", place=listing.division.name)
        page.status_code = 410
        return page
    if listing.status != Listing.Status.PUBLISHED:
        raise Http404
    card = Card(listing)
    costs = list(listing.entry_costs.all())
    return show(
        request,
        "public/listing.html",
        listing=listing,
        card=card,
        photos=[picture(photo) for photo in listing.photos.all()],
        lines=entry_lines(costs, listing.currency),
        first_rent=all(line.kind != EntryCost.Kind.PREPAID_RENT for line in costs),
        summary=f"{card.title} · {card.rent} · {card.place}",
        lat=f"{listing.public_point.y:.5f}",
        lng=f"{listing.public_point.x:.5f}",
    )
