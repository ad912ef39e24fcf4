"""What messages say, read by id; and who else a fact is for."""

import pytest

from accounts.models import RoleGrant
from lokahome.core.ids import uuid7
from marketplace.models import ProviderProfile
from marketplace.tests import factories as work
from messaging.queries import audiences, facts
from messaging.services.contexts import values_of

READERS = [
    facts.person_names,
    facts.provider_names,
    facts.listing_titles,
    facts.lease_titles,
    facts.ticket_titles,
    facts.request_titles,
    facts.job_titles,
    facts.charge_amounts,
    facts.transfer_amounts,
    facts.quote_amounts,
    facts.job_amounts,
]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_what_does_not_exist_is_left_out_at_the_cost_of_one_query(
    db, django_assert_num_queries, reader
):
    with django_assert_num_queries(1):
        assert reader([uuid7(), uuid7()]) == {}


def test_a_quote_is_told_by_the_provider_s_name_its_total_and_what_it_is_for(
    kossi, afi
):
    profile = work.provider(afi.user)
    request = work.request(kossi.user)
    quote = work.quote(afi.user, request)
    ids = {
        "quote_id": str(quote.pk),
        "request_id": str(request.pk),
        "provider_id": str(afi.id),
    }
    (values,) = values_of([("quote_received", ids)])
    assert values["title"] == request.title
    assert values["name"] == profile.display_name
    assert values["amount"].endswith("F CFA")


def test_many_rows_of_one_kind_cost_one_query(kossi, afi, django_assert_num_queries):
    work.provider(afi.user)
    requests = [work.request(kossi.user) for _ in range(3)]
    rows = [("request_nearby", {"request_id": str(row.pk)}) for row in requests]
    with django_assert_num_queries(1):
        values = values_of(rows)
    assert [item["title"] for item in values] == [row.title for row in requests]


def test_a_request_is_for_the_providers_who_serve_its_place(kossi, afi):
    RoleGrant(user=kossi.user, role="provider").save()
    work.provider(kossi.user)
    work.provider(afi.user)
    request = work.request(kossi.user)
    assert audiences.providers_near(request.pk) == [afi.id]
    ProviderProfile.objects.filter(person=afi.user).update(is_available=False)
    assert audiences.providers_near(request.pk) == []
    assert audiences.providers_near(uuid7()) == []


def test_a_request_that_is_over_is_for_nobody(kossi, afi):
    work.provider(afi.user)
    job = work.accepted(kossi.user, afi.user)
    assert audiences.providers_near(job.request_id) == []


def test_those_who_quoted_are_each_named_once(kossi, afi):
    work.provider(afi.user)
    request = work.request(kossi.user)
    work.quote(afi.user, request)
    assert audiences.quoters_of(request.pk) == [afi.id]


def test_most_jobs_have_nobody_else_on_site(kossi, afi):
    work.provider(afi.user)
    job = work.accepted(kossi.user, afi.user)
    assert audiences.occupant_of(job.pk) is None
    assert audiences.occupant_of(uuid7()) is None
