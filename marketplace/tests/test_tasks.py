"""The periodic jobs, under the names that the schedule knows."""

import pytest
import time_machine
from celery import current_app
from django.core.exceptions import ImproperlyConfigured

from marketplace import tasks
from marketplace.models import ProviderProfile, Quote, Review, ServiceRequest
from marketplace.services.categories import load_categories
from marketplace.services.demo import ensure_demo_providers
from marketplace.tests import factories as make

pytestmark = pytest.mark.django_db


def test_the_jobs_have_the_names_that_are_scheduled():
    ours = {name for name in current_app.tasks if name.startswith("marketplace.")}
    assert ours == {
        "marketplace.approve_silent_deliveries",
        "marketplace.expire_stale",
        "marketplace.reveal_reviews",
    }


def test_silence_is_noticed(ama, afi):
    job = make.delivered(ama.user, afi.user)
    tasks.approve_silent_deliveries()
    job.refresh_from_db()
    assert job.status == "delivered"
    with time_machine.travel(make.in_hours(73), tick=False):
        tasks.approve_silent_deliveries()
    job.refresh_from_db()
    assert job.status == "approved"


def test_what_is_stale_expires(ama, afi, kossi):
    unpaid = make.accepted(ama.user, afi.user)
    open_row = make.request(kossi.user)
    sent = make.quote(afi.user, open_row)
    with time_machine.travel(make.in_hours(24 * 15), tick=False):
        tasks.expire_stale()
        tasks.expire_stale()
    unpaid.refresh_from_db()
    assert unpaid.status == "cancelled"
    assert ServiceRequest.objects.get(pk=open_row.pk).status == "expired"
    assert Quote.objects.get(pk=sent.pk).status == "expired"


def test_old_reviews_are_revealed(ama, afi):
    job = make.closed(ama.user, afi.user)
    make.review(ama.user, job)
    with time_machine.travel(make.in_hours(24 * 15), tick=False):
        tasks.reveal_reviews()
    assert Review.objects.revealed().count() == 1


def test_the_demo_has_two_plumbers_and_is_made_once(settings):
    from accounts.services.demo import ensure_demo_people

    settings.DEBUG = settings.DEV_DOORS = True
    load_categories()
    ensure_demo_people()
    assert ensure_demo_providers() == ensure_demo_providers()
    names = ProviderProfile.objects.values_list("person__username", flat=True)
    assert sorted(names) == ["afi", "bio"]


def test_no_demo_in_production(settings):
    settings.DEV_DOORS = False
    with pytest.raises(ImproperlyConfigured):
        ensure_demo_providers()
