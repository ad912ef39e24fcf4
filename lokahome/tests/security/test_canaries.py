"""Canaries of exact points: what looks like a leak is one."""

from __future__ import annotations

from uuid import UUID

from django.contrib.gis.geos import Point
from hypothesis import example, given
from hypothesis import strategies as st

from lokahome.tests.security.world import PLACES, digits, unblurred
from properties.models.geo import blurred

ENDS_IN_ZEROS = (PLACES["here"][0] + 0.003011, PLACES["here"][1] + 0.003007)
"""In the margin below this point lies 6.3642, which begins a hundred latitudes."""


@given(
    lng=st.floats(0.8, 3.8), lat=st.floats(6.2, 12.4), unit=st.integers(0, 2**128 - 1)
)
@example(lng=ENDS_IN_ZEROS[0], lat=ENDS_IN_ZEROS[1], unit=0)
def test_no_public_point_begins_like_an_exact_one(lng, lat, unit):
    canary = digits(unblurred(lng, lat)[1])
    assert len(canary.partition(".")[2]) == 6
    assert canary not in digits(blurred(Point(lng, lat, srid=4326), UUID(int=unit)).y)
