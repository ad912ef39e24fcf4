"""Offering services: the profile, its trades, and whom it reaches."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import Polygon
from django.db import connection

from accounts.models import RoleGrant
from accounts.services.moderation.cases import decide_case
from accounts.services.moderation.reports import file_report
from lokahome.core import clock
from lokahome.core.errors import AlreadyExists, InvalidInput, NotFound
from marketplace.models import ProviderProfile, ServiceCategory, ServiceRequest
from marketplace.queries.providers import providers_for
from marketplace.services.acceptance import ProviderGone, accept_quote
from marketplace.services.categories import load_categories
from marketplace.services.choosing import UnknownCategory
from marketplace.services.providers import (
    AreaRefused,
    ProviderRoleRequired,
    change_profile,
)
from marketplace.services.quotes import CannotQuote, revise_quote
from marketplace.services.suspensions import reinstate_provider
from marketplace.tests import factories as make
from properties.models.geo import cell_of, metric_point
from properties.services.outline import PinOutsideBenin

pytestmark = pytest.mark.django_db


def change(profile, person, **changes):
    return change_profile(
        provider_id=profile.pk, person=person.user, changes=changes, now=clock.now()
    )


def serving(at, slug="leak"):
    category = ServiceCategory.objects.get(slug=slug)
    return list(ProviderProfile.objects.serving(make.here(*at), category))


def test_categories_are_loaded_once_and_stay_themselves():
    assert load_categories() is True
    ids = dict(ServiceCategory.objects.values_list("slug", "pk"))
    assert load_categories() is False
    ServiceCategory.objects.filter(slug="leak").update(name_fr="Fuites")
    ServiceCategory.objects.create(
        slug="gone", name_fr="x", name_en="x", price_unit="flat", position=9
    )
    assert load_categories() is True
    assert ServiceCategory.objects.get(slug="leak").name_fr == "Fuite d’eau"
    assert not ServiceCategory.objects.get(slug="gone").is_active
    assert (
        ids.items() <= dict(ServiceCategory.objects.values_list("slug", "pk")).items()
    )
    leak = ServiceCategory.objects.get(slug="leak")
    assert (leak.parent.slug, leak.name_in("en")) == ("plumbing", "Water leak")


def test_every_category_has_two_names_and_a_trade_has_one_level_below():
    load_categories()
    for row in ServiceCategory.objects.select_related("parent"):
        assert row.name_fr
        assert row.name_en
        assert row.parent is None or row.parent.parent_id is None


def test_a_profile_hides_its_base_in_the_cell(afi):
    profile = make.provider(afi.user)
    assert profile.public_point != profile.base_point
    assert cell_of(profile.public_point) == cell_of(profile.base_point)


def test_a_provider_serves_the_circle_around_the_blurred_base(afi):
    profile = make.provider(afi.user, radius_m=5_000)
    centre = (profile.public_point.x, profile.public_point.y)
    assert serving(make.metres_east(centre, 4_990)) == [profile]
    assert serving(make.metres_east(centre, 5_010)) == []
    # The index holds the square; its corners are not the circle's.
    east = make.here(*make.metres_east(centre, 4_900))
    corner = metric_point(east)
    corner = type(corner)(corner.x, corner.y + 4_900, srid=corner.srid)
    assert not ProviderProfile.objects.reaching(corner).exists()


def test_a_drawn_area_takes_the_place_of_the_circle(afi):
    profile = make.provider(afi.user, area=square(2.40, 6.36, 0.02))
    assert serving((2.405, 6.355)) == [profile]
    assert serving((2.43, 6.36)) == [], "inside the circle, outside the drawing"
    far = change(profile, afi, area=square(2.63, 9.33, 0.05))
    assert serving(make.PARAKOU) == [far], "and beyond the circle"
    assert serving(make.COTONOU) == []
    assert serving(make.COTONOU) != [change(profile, afi, area=None)]
    assert serving(make.COTONOU) == [profile]


def square(lng, lat, half):
    area = Polygon.from_bbox((lng - half, lat - half, lng + half, lat + half))
    area.srid = 4326
    return area


def test_skills_reach_up_to_the_trade_and_down_to_its_parts(afi, kossi):
    RoleGrant.objects.create(user=kossi.user, role="provider")
    plumber = make.provider(afi.user, category_slugs=["plumbing"])
    specialist = make.provider(kossi.user, category_slugs=["leak", "painting"])
    assert set(serving(make.COTONOU, "leak")) == {plumber, specialist}
    assert set(serving(make.COTONOU, "plumbing")) == {plumber, specialist}
    assert serving(make.COTONOU, "taps") == [plumber]
    assert serving(make.COTONOU, "painting") == [specialist]
    assert serving(make.COTONOU, "electricity") == []


def test_the_list_of_requests_and_the_list_of_providers_agree(ama, afi, kossi):
    RoleGrant.objects.create(user=kossi.user, role="provider")
    for person, slugs in ((afi, ["plumbing"]), (kossi, ["leak", "tiling"])):
        make.provider(person.user, category_slugs=slugs)
    rows = [
        make.request(ama.user, category_slug=slug, at=at)
        for slug in ("leak", "plumbing", "taps", "tiling", "electricity")
        for at in (make.COTONOU, make.PARAKOU)
    ]
    for row in rows:
        told = set(providers_for(row.pk))
        for person in (afi, kossi):
            sees = ServiceRequest.objects.served_by(person.id).filter(pk=row.pk)
            assert sees.exists() == (person.id in told)


def test_the_best_rated_are_told_first_and_never_oneself(ama, afi, kossi, stranger):
    for person in (kossi, stranger, ama):
        RoleGrant.objects.get_or_create(user=person.user, role="provider")
    for person, stars in ((afi, (4, 1)), (kossi, (14, 3)), (stranger, (0, 0))):
        made = make.provider(person.user)
        ProviderProfile.objects.filter(pk=made.pk).update(
            rating_sum=stars[0], rating_count=stars[1]
        )
    make.provider(ama.user)
    row = make.request(ama.user)
    assert providers_for(row.pk) == [kossi.id, afi.id, stranger.id]
    assert providers_for(row.pk, limit=1) == [kossi.id]
    ServiceRequest.objects.filter(pk=row.pk).update(
        status="cancelled", ended_at=clock.now()
    )
    assert providers_for(row.pk) == []


def crowd(row, count=1500):
    """Copy *row* all over the country, and let the planner know."""
    ServiceRequest.objects.bulk_create(
        ServiceRequest(
            requester_id=row.requester_id,
            category_id=row.category_id,
            division_id=row.division_id,
            title="Ailleurs",
            point=far,
            public_point=far,
            expires_at=row.expires_at,
        )
        for far in (make.here(1.5 + n % 30 / 20, 7 + n / 400) for n in range(count))
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE marketplace_servicerequest")


def test_the_lists_of_providers_and_requests_walk_their_spatial_index(ama, afi):
    make.provider(afi.user)
    row = make.request(ama.user)
    crowd(row)
    served = ServiceRequest.objects.served_by(afi.id)
    assert "marketplace_request_place" in served.explain()
    seen = ServiceRequest.objects.visible_to(afi.user)
    assert "marketplace_request_place" in seen.explain()
    assert list(served) == list(seen) == [row]
    category = ServiceCategory.objects.get(slug="leak")
    providers = ProviderProfile.objects.serving(row.public_point, category)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # there is one provider
    assert "marketplace_provider_reach" in providers.explain()


def test_who_takes_no_work_is_not_found_but_by_oneself(afi, stranger):
    profile = make.provider(afi.user)
    assert ProviderProfile.objects.visible_to(AnonymousUser()).get() == profile
    change(profile, afi, is_available=False)
    assert serving(make.COTONOU) == []
    assert not ProviderProfile.objects.visible_to(stranger.user).exists()
    assert ProviderProfile.objects.visible_to(afi.user).get() == profile


def test_a_new_base_moves_the_blurred_one(afi):
    profile = make.provider(afi.user)
    changed = change(profile, afi, base_point=make.here(*make.PARAKOU))
    assert cell_of(changed.public_point) == cell_of(make.here(*make.PARAKOU))
    assert serving(make.PARAKOU) == [changed]


def test_skills_are_replaced_as_a_whole(afi):
    profile = make.provider(afi.user, category_slugs=["plumbing", "leak"])
    change(profile, afi, category_slugs=["leak", "solar", "leak"])
    held = profile.skills.values_list("category__slug", flat=True)
    assert sorted(held) == ["leak", "solar"]


BOW = Polygon(((2.3, 6.3), (2.5, 6.5), (2.5, 6.3), (2.3, 6.5), (2.3, 6.3)), srid=4326)
PARIS = Polygon.from_bbox((2.2, 48.8, 2.4, 48.9))


@pytest.mark.parametrize(
    ("changes", "refusal", "pointers"),
    [
        ({"display_name": " "}, InvalidInput, ["/display_name"]),
        ({"radius_m": 499}, InvalidInput, ["/radius_m"]),
        ({"radius_m": 100_001}, InvalidInput, ["/radius_m"]),
        ({"category_slugs": []}, InvalidInput, ["/categories"]),
        ({"category_slugs": ["leak", "magic"]}, UnknownCategory, ["/categories/1"]),
        ({"base_point": make.here(3.38, 6.45)}, PinOutsideBenin, ["/base_point"]),
        ({"area": BOW}, AreaRefused, ["/area"]),
        ({"area": PARIS}, AreaRefused, ["/area"]),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(afi, changes, refusal, pointers):
    with pytest.raises(refusal) as refused:
        make.provider(afi.user, **changes)
    assert [item.pointer for item in refused.value.errors] == pointers
    profile = make.provider(afi.user)
    before = make.snapshot()
    with pytest.raises(refusal) as refused:
        change(profile, afi, **changes)
    assert [item.pointer for item in refused.value.errors] == pointers
    assert make.snapshot() == before


def test_a_profile_is_ones_own_and_one(ama, afi, stranger):
    profile = make.provider(afi.user)
    before = make.snapshot()
    with pytest.raises(AlreadyExists):
        make.provider(afi.user)
    with pytest.raises(ProviderRoleRequired):
        make.provider(ama.user)
    with pytest.raises(NotFound):
        change(profile, stranger, display_name="Volé")
    assert make.snapshot() == before


def test_a_reported_provider_is_taken_off_and_may_come_back(
    ama, afi, moderator, stranger
):
    profile = make.provider(afi.user)
    row = make.request(ama.user)
    sent = make.quote(afi.user, row)
    filed, _is_new = file_report(
        reporter=stranger.user,
        subject=f"provider:{profile.pk}",
        reason="other",
        detail="Faux nom",
        now=clock.now(),
    )
    decide_case(
        case_id=filed.case_id,
        decision="hide",
        reason="Usurpation",
        actor=moderator.user,
        now=clock.now(),
    )
    make.tell()
    profile.refresh_from_db()
    assert profile.suspension_reason == "Usurpation"
    assert serving(make.COTONOU) == []
    assert not ProviderProfile.objects.visible_to(stranger.user).exists()
    change(profile, afi, is_available=True)
    with pytest.raises(CannotQuote):
        revise_quote(
            quote_id=sent.pk, provider=afi.user, lines=make.LINES, now=clock.now()
        )
    with pytest.raises(ProviderGone):
        accept_quote(quote_id=sent.pk, requester=ama.user, now=clock.now())
    assert len(make.facts("provider_suspended")) == 1
    reinstate_provider(
        provider_id=profile.pk,
        actor_id=moderator.id,
        reason="Pièce vérifiée",
        now=clock.now(),
    )
    assert serving(make.COTONOU) == [profile]
