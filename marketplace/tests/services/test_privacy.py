"""What somebody leaves behind in services: what stands in the way, ends, is emptied."""

from __future__ import annotations

import pytest

from lokahome.core.privacy.copying import copy_of
from lokahome.core.privacy.erasing import empty_rows
from lokahome.core.privacy.obstacles import obstacles_of
from marketplace.models import (
    ProviderProfile,
    ProviderSkill,
    Quote,
    Review,
    ServiceRequest,
)
from marketplace.services.parting import settle
from marketplace.tests import factories as services
from properties.tests import factories as homes


@pytest.fixture
def customer(db):
    """Return somebody who needs work done."""
    return homes.tenant()


@pytest.fixture
def worker(db):
    """Return somebody who does it."""
    return homes.person("Afi Adjovi", "provider")


def test_a_job_under_way_stands_in_both_ways_until_it_is_over(customer, worker):
    services.funded(customer, worker)
    for person in (customer, worker):
        assert {"job.under_way", "money.held"} <= set(obstacles_of(person.pk))
    other = homes.person("Bio", "provider")
    services.closed(homes.tenant("Yao"), other)
    assert "job.under_way" not in obstacles_of(other.pk)
    assert "money.owed" in obstacles_of(other.pk)


def test_what_was_asked_and_offered_is_taken_back(customer, worker, now):
    services.provider(worker)
    request = services.request(customer)
    quote = services.quote(worker, request)
    settle(worker.pk, now)
    quote.refresh_from_db()
    assert quote.status == Quote.Status.WITHDRAWN
    settle(customer.pk, now)
    request.refresh_from_db()
    assert request.status == ServiceRequest.Status.CANCELLED


def test_a_copy_shows_the_place_and_an_erasure_leaves_the_blurred_one(customer, now):
    request = services.request(customer)
    shown = copy_of(customer.pk)["marketplace.servicerequest"]["rows"][0]
    assert shown["directions"] == "Deuxième von à droite, portail bleu"
    empty_rows(customer.pk, now=now)
    request.refresh_from_db()
    assert (request.title, request.directions) == ("—", "")
    assert request.point.coords == request.public_point.coords


def test_a_profile_is_shown_to_nobody_any_more(worker, now):
    services.provider(worker)
    empty_rows(worker.pk, now=now)
    profile = ProviderProfile.objects.get(person=worker)
    assert (profile.display_name, profile.about) == ("—", "")
    assert profile.base_point.coords == profile.public_point.coords
    assert not ProviderProfile.objects.available().exists()
    assert not ProviderSkill.objects.exists()


def test_words_of_reviews_go_and_the_marks_stay(customer, worker, now):
    job = services.closed(customer, worker)
    services.review(customer, job, rating=4)
    services.review(worker, job, rating=5)
    empty_rows(customer.pk, now=now)
    assert list(Review.objects.values_list("text", flat=True)) == ["", ""]
    assert set(Review.objects.values_list("rating", flat=True)) == {4, 5}
