"""Finding listings: one table, one index."""

import pytest
from django.contrib.gis.geos import Point
from django.db import connection

from properties.models import Listing
from properties.models.criteria import ListingCriteria
from properties.models.geo import metric_point
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
HERE = Point(2.3994, 6.3614, srid=4326)


def explain(queryset):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    return queryset.explain()


def test_near_walks_the_partial_index_and_joins_nothing(kossi):
    make.published(kossi.user)
    criteria = ListingCriteria(rent_min=10_000, rent_max=50_000, bedrooms_min=1)
    rows = Listing.objects.published().matching(criteria)
    rows = rows.near(metric_point(HERE), 2000).values_list("pk", "distance")[:21]
    plan = explain(rows)
    assert "Index Scan using properties_listing_nearest" in plan
    assert "Order By: (point_m <->" in plan
    for condition in ("point_m &&", "rent >= 10000", "rent <= 50000", "bedrooms >= 1"):
        assert condition in plan.split("Index Cond:")[1].split("\n")[0]
    assert "Sort" not in plan
    assert "JOIN" not in str(rows.query)


def test_near_uses_the_index_under_a_generic_plan_too(kossi):
    make.published(kossi.user)
    rows = Listing.objects.published().near(metric_point(HERE), 2000)
    sql, params = rows.values_list("pk")[:5].query.sql_with_params()
    assert "'published'" in sql, "the word is in the statement, not a parameter"
    assert "published" not in params


def test_near_orders_by_distance_and_stops_at_the_radius(kossi):
    far = make.published(kossi.user, at=(2.45, 6.40))
    near = make.published(kossi.user, at=(2.3994, 6.3614))
    rows = list(Listing.objects.published().near(metric_point(HERE), 2000))
    assert [row.pk for row in rows] == [near.pk]
    rows = list(Listing.objects.published().near(metric_point(HERE), 20_000))
    assert [row.pk for row in rows] == [near.pk, far.pk]
    assert rows[0].distance < rows[1].distance


def test_the_distance_is_of_the_blurred_point(kossi):
    row = make.published(kossi.user)
    found = Listing.objects.near(metric_point(HERE), 2000).get()
    public = metric_point(row.public_point)
    assert found.distance == pytest.approx(
        public.distance(metric_point(HERE)), abs=0.01
    )
    pin = metric_point(row.unit.property.pin)
    assert abs(found.distance - pin.distance(metric_point(HERE))) > 0.5


def test_a_box_holds_what_lies_in_it(kossi):
    row = make.published(kossi.user)
    x, y = row.public_point.coords
    assert Listing.objects.within(x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4).count() == 1
    assert Listing.objects.within(x + 1e-4, y - 1e-4, x + 2e-4, y + 1e-4).count() == 0


def test_a_word_of_the_code_is_all_that_may_be_literal():
    with pytest.raises(ValueError, match="a word of the code"):
        list(Listing.objects.filter(status__literally="x' OR 'a'='a"))


def test_drafts_are_seen_by_their_owner_only(kossi, ama, stranger):
    row = make.listing(kossi.user)
    assert Listing.objects.visible_to(kossi.user).filter(pk=row.pk).exists()
    assert not Listing.objects.visible_to(ama.user).filter(pk=row.pk).exists()


def test_an_applicant_still_sees_a_listing_that_was_let(kossi, ama, stranger):
    lease = make.active_lease(kossi.user, ama.user)
    assert Listing.objects.visible_to(ama.user).filter(pk=lease.listing_id).exists()
    seen = Listing.objects.visible_to(stranger.user)
    assert not seen.filter(pk=lease.listing_id).exists()
