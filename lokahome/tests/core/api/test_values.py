"""The house's types on the wire: money, points, phones, moments."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.contrib.gis.geos import Point
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from lokahome.core.api.fields import MoneyField, PhoneField, PointField
from lokahome.core.api.renderers import JSONRenderer
from lokahome.core.money import Money

COTONOU = {"lat": 6.3654, "lng": 2.4183}
GOOD = {
    "money": {"amount": 35_000, "currency": "XOF"},
    "point": COTONOU,
    "phone": "97 00 00 00",
    "names": [],
}


def render(data):
    return JSONRenderer().render(data)


def test_a_good_form_is_understood_and_echoed(anonymous):
    response = anonymous.post("/api/v1/form", GOOD)
    assert response.status_code == 200
    assert response.json() == {**GOOD, "phone": "+2290197000000"}


@pytest.mark.parametrize(
    "value",
    [
        35_000,
        "35000",
        None,
        [],
        {},
        {"amount": 35_000},
        {"currency": "XOF"},
        {"amount": 35_000.0, "currency": "XOF"},
        {"amount": 35_000.5, "currency": "XOF"},
        {"amount": "35000", "currency": "XOF"},
        {"amount": True, "currency": "XOF"},
        {"amount": None, "currency": "XOF"},
        {"amount": 35_000, "currency": "EUR"},
        {"amount": 35_000, "currency": "xof"},
        {"amount": 35_000, "currency": ["XOF"]},
        {"amount": 35_000, "currency": "XOF", "more": 1},
        {"amount": 99, "currency": "XOF"},
        {"amount": 1_000_001, "currency": "XOF"},
        {"amount": -35_000, "currency": "XOF"},
        {"amount": 10**30, "currency": "XOF"},
    ],
)
def test_money_is_an_integer_of_francs_within_reason(value):
    field = MoneyField(minimum=100, maximum=1_000_000)
    with pytest.raises(serializers.ValidationError):
        field.run_validation(value)


@given(st.integers(100, 1_000_000))
def test_money_comes_back_as_it_went(amount):
    field = MoneyField(minimum=100, maximum=1_000_000)
    value = field.run_validation({"amount": amount, "currency": "XOF"})
    assert value == Money(amount)
    assert field.to_representation(value) == {"amount": amount, "currency": "XOF"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        "6.3654,2.4183",
        [6.3654, 2.4183],
        {},
        {"lat": 6.3654},
        {"lat": 6.3654, "lng": "2.4183"},
        {"lat": True, "lng": 2},
        {"lat": 90.1, "lng": 2},
        {"lat": 6, "lng": -180.1},
        {"lat": float("nan"), "lng": 2},
        {"lat": float("inf"), "lng": 2},
        {"lat": 6, "lng": 2, "alt": 3},
        {"lat": 10**400, "lng": 2},
    ],
)
def test_a_point_is_two_numbers_of_degrees(value):
    with pytest.raises(serializers.ValidationError):
        PointField().run_validation(value)


def test_a_point_is_not_turned_around():
    value = PointField().run_validation(COTONOU)
    assert (value.x, value.y, value.srid) == (2.4183, 6.3654, 4326)
    assert PointField().to_representation(value) == COTONOU


def test_a_point_has_six_decimals():
    value = PointField().run_validation({"lat": 6.36540012345, "lng": 2})
    assert value.y == 6.3654
    assert PointField().to_representation(Point(2.1234567, 6.0, srid=4326)) == {
        "lat": 6.0,
        "lng": 2.123457,
    }


@pytest.mark.parametrize("value", [None, "", "12", 5, [], {}, "x" * 25, "9\x007000000"])
def test_a_phone_that_is_none_is_refused(value):
    with pytest.raises(serializers.ValidationError):
        PhoneField().run_validation(value)


# --- JSON out ------------------------------------------------------------------------


def test_accents_are_written_as_they_are():
    assert render({"a": "Fidjrossè"}) == '{"a":"Fidjrossè"}'.encode()


def test_nothing_is_an_empty_body():
    assert render(None) == b""
    assert render(b"as it is") == b"as it is"


def test_moments_are_utc_and_end_in_z():
    """`_at` members are RFC 3339 in UTC whatever zone the server lives in."""
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    benin = noon.astimezone(timezone(timedelta(hours=1)))
    assert json.loads(render([noon, benin])) == ["2026-11-23T12:30:00Z"] * 2
    assert render([date(2026, 11, 23)]) == b'["2026-11-23"]'


def test_moments_of_a_serializer_are_utc_too(ama, put):
    row = put(ama, created_at=datetime(2026, 11, 23, 12, 30, 1, 5, tzinfo=UTC))
    body = ama.get(f"/api/v1/shelf/{row.pk}").json()
    assert body["created_at"] == "2026-11-23T12:30:01.000005Z"


def test_what_django_and_drf_hand_over_is_rendered():
    data = {
        "lazy": gettext_lazy("Français"),
        "id": UUID(int=1),
        "ordered": OrderedDict(a=1),
        "several": (value for value in (1, 2)),
        1: "a number as a key",
    }
    assert json.loads(render(data)) == {
        "lazy": "Français",
        "id": str(UUID(int=1)),
        "ordered": {"a": 1},
        "several": [1, 2],
        "1": "a number as a key",
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=15,
    )
)
def test_what_is_rendered_can_be_read(data):
    if data is not None:
        assert json.loads(render(data)) == data
