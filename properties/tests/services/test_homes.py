"""Registering homes."""

import pytest
from django.contrib.gis.geos import Point

from lokahome.core import clock
from lokahome.core.errors import NotFound
from lokahome.core.ids import uuid7
from properties.models import Listing, Property
from properties.services.homes import (
    LandlordRoleRequired,
    UnknownPlace,
    change_property,
    change_unit,
)
from properties.services.inserting import IdTaken
from properties.services.outline import PinOutsideBenin, pin_warnings
from properties.tests import factories as make

pytestmark = pytest.mark.django_db


def test_only_landlords_register_homes(ama):
    with pytest.raises(LandlordRoleRequired):
        make.home(ama.user)
    assert not Property.objects.exists()


def test_a_pin_abroad_is_refused_with_its_pointer(kossi):
    with pytest.raises(PinOutsideBenin) as refusal:
        make.home(kossi.user, at=(1.2228, 6.1319))
    assert refusal.value.errors[0].pointer == "/pin"
    assert not Property.objects.exists()


def test_a_pin_far_from_its_division_is_warned_of(kossi):
    place = make.home(kossi.user, at=(2.62, 9.34))
    (warning,) = pin_warnings(place.pin, place.division)
    assert warning.code == "property.pin_far"
    assert pin_warnings(Point(2.3994, 6.3614, srid=4326), place.division) == []


def test_an_unknown_place_is_refused(kossi):
    with pytest.raises(UnknownPlace) as refusal:
        make.home(kossi.user, division_id=uuid7())
    assert refusal.value.errors[0].pointer == "/division_id"
    with pytest.raises(UnknownPlace):
        make.home(kossi.user, landmark_id=uuid7())


def test_an_id_that_is_taken_is_refused_and_nothing_is_overwritten(kossi):
    mine = make.home(kossi.user)
    other = make.landlord("Rachid Bio")
    with pytest.raises(IdTaken):
        make.home(other, property_id=mine.pk)
    mine.refresh_from_db()
    assert mine.landlord_id == kossi.id


def test_nobody_adds_a_unit_to_anothers_property(kossi):
    mine = make.home(kossi.user)
    with pytest.raises(NotFound):
        make.unit(make.landlord("Rachid Bio"), place=mine)


def test_moving_a_home_moves_its_public_point_and_asks_for_review_again(kossi):
    row = make.published(kossi.user)
    before = row.public_point
    change_property(
        property_id=row.unit.property_id,
        landlord=kossi.user,
        changes={"pin": Point(2.41, 6.37, srid=4326)},
        now=clock.now(),
    )
    row.refresh_from_db()
    assert row.status == Listing.Status.SUBMITTED
    assert row.public_point != before
    assert row.public_point.distance(Point(2.41, 6.37, srid=4326)) < 0.004


def test_the_path_and_the_label_may_change_without_review(kossi):
    row = make.published(kossi.user)
    change_property(
        property_id=row.unit.property_id,
        landlord=kossi.user,
        changes={"path_text": "Portail vert", "label": "Grande cour"},
        now=clock.now(),
    )
    row.refresh_from_db()
    assert row.status == Listing.Status.PUBLISHED


def test_facts_of_a_unit_reach_its_open_listing(kossi):
    row = make.published(kossi.user)
    change_unit(
        unit_id=row.unit_id,
        landlord=kossi.user,
        changes={"bedrooms": 3, "is_furnished": True},
        now=clock.now(),
    )
    row.refresh_from_db()
    assert (row.bedrooms, row.is_furnished) == (3, True)
    assert "3 chambres, meublé" in row.title
