"""The public point of a home, and places in metres."""

import math
from uuid import UUID

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from properties.models.geo import (
    CELL_METRES,
    blurred,
    cell_of,
    fold,
    to_degrees,
    to_metres,
)

LNG = st.floats(0.77, 3.85)
LAT = st.floats(6.14, 12.42)
UNIT = st.uuids()


def metres_between(one, other):
    return math.dist(to_metres(one.x, one.y), to_metres(other.x, other.y))


@given(lng=LNG, lat=LAT, unit=UNIT)
def test_the_public_point_stays_in_the_cell_and_is_not_the_pin(lng, lat, unit):
    pin = Point(round(lng, 6), round(lat, 6), srid=4326)
    public = blurred(pin, unit)
    assert cell_of(public) == cell_of(pin)
    assert metres_between(pin, public) <= CELL_METRES * math.sqrt(2)
    assert (public.x, public.y) != (pin.x, pin.y)


@given(lng=LNG, lat=LAT, unit=UNIT, right=st.floats(0, 1), up=st.floats(0, 1))
def test_the_public_point_tells_nothing_of_where_in_the_cell_the_pin_is(
    lng, lat, unit, right, up
):
    pin = Point(lng, lat, srid=4326)
    column, row = cell_of(pin)
    elsewhere = Point(
        *to_degrees(
            (column + 0.01 + right * 0.98) * 250, (row + 0.01 + up * 0.98) * 250
        ),
        srid=4326,
    )
    assert blurred(elsewhere, unit) == blurred(pin, unit)


def test_two_units_of_one_pin_have_two_public_points_and_the_key_decides(settings):
    pin = Point(2.4, 6.36, srid=4326)
    one, other = UUID(int=1), UUID(int=2)
    before = blurred(pin, one)
    assert before != blurred(pin, other)
    settings.LOCATION_BLUR_KEY = "another key"
    assert blurred(pin, one) != before


@given(lng=LNG, lat=LAT)
def test_degrees_and_metres_are_inverse(lng, lat):
    back = to_degrees(*to_metres(lng, lat))
    assert back == pytest.approx((lng, lat), abs=1e-8)


@pytest.mark.django_db
@pytest.mark.parametrize("at", [(2.4, 6.36), (0.8, 10.2), (3.8, 12.3), (3.0, 9.3)])
def test_metres_are_those_of_postgis(at):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM ST_Transform("
            "ST_SetSRID(ST_MakePoint(%s, %s), 4326), 32631) p",
            at,
        )
        assert to_metres(*at) == pytest.approx(cursor.fetchone(), abs=0.001)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Cadjèhoun", "cadjehoun"),
        ("ABOMEY-CALAVI", "abomey calavi"),
        ("N’Dali", "n dali"),
        ("  Sacré-Cœur ", "sacre coeur"),
        ("Gbɛtagbo ɖ", "gbetagbo d"),
        ("", ""),
    ],
)
def test_names_fold(text, folded):
    assert fold(text) == folded
