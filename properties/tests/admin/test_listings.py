"""Moderating from the back-office."""

import pytest
from django.urls import reverse

from lokahome.core.audit.models import AuditEvent
from properties.models import Listing
from properties.tests import factories as make

pytestmark = pytest.mark.django_db
QUEUE = reverse("admin:properties_listing_changelist")


def page_of(row):
    return reverse("admin:properties_listing_change", args=[row.pk])


def decide(client, row, decision, **data):
    url = reverse("admin:properties_listing_decide", args=[row.pk, decision])
    data["version"] = row.version
    return client.post(url, data, format="multipart", follow=True)


def test_the_queue_shows_what_waits_longest_first(kossi, moderator):
    first, second = make.submitted(kossi.user), make.submitted(kossi.user)
    make.published(kossi.user)
    page = moderator.get(QUEUE).content.decode()
    assert page.index(str(first.pk)) < page.index(str(second.pk))
    assert page.count("/change/") >= 2
    rows = moderator.get(QUEUE).context["cl"].queryset
    assert [row.pk for row in rows] == [first.pk, second.pk]
    assert moderator.get(QUEUE, {"etat": "all"}).context["cl"].queryset.count() == 3


def test_the_page_shows_photos_facts_the_zones_median_and_history(kossi, moderator):
    make.published(kossi.user, rent=30_000)
    row = make.submitted(kossi.user, rent=45_000)
    page = moderator.get(page_of(row)).content.decode()
    for part in (
        "<figure><img",
        "30\u202f000\u00a0F\u00a0CFA · +50 %",
        "Sur la page du bien, avec un motif",
        "conforme",
        "Brouillon → À modérer",
        "Publier",
    ):
        assert part in page, part


def test_publishing_is_a_posted_decision_with_a_trace(kossi, moderator):
    row = make.submitted(kossi.user)
    decide(moderator, row, "publish")
    row.refresh_from_db()
    assert row.status == Listing.Status.PUBLISHED
    event = AuditEvent.objects.get(action="properties.listing.publish")
    assert event.actor_id == moderator.id


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ("request-changes", "needs_changes"),
        ("reject", "rejected"),
        ("suspend", "suspended"),
    ],
)
def test_a_decision_against_the_owner_needs_a_reason(
    decision, status, kossi, moderator
):
    row = make.submitted(kossi.user)
    decide(moderator, row, decision)
    row.refresh_from_db()
    assert row.status == "submitted"
    decide(moderator, row, decision, reason="Les photos sont floues")
    row.refresh_from_db()
    assert (row.status, row.review_reason) == (status, "Les photos sont floues")


def test_what_changed_since_it_was_looked_at_is_not_decided(kossi, moderator):
    row = make.submitted(kossi.user)
    Listing.objects.filter(pk=row.pk).update(version=row.version + 1)
    decide(moderator, row, "publish")
    row.refresh_from_db()
    assert row.status == "submitted"


def test_who_may_not_moderate_does_not(kossi, ama, finance, anonymous):
    row = make.submitted(kossi.user)
    for client in (finance, ama, kossi, anonymous):
        decide(client, row, "publish")
        row.refresh_from_db()
        assert row.status == "submitted"


def test_the_queue_costs_few_queries(kossi, moderator, django_assert_max_num_queries):
    for _ in range(8):
        make.submitted(kossi.user)
    with django_assert_max_num_queries(14):
        moderator.get(QUEUE)


@pytest.mark.parametrize(
    "model",
    ["property", "unit", "application", "lease", "rentperiod", "rentpayment", "ticket"],
)
def test_staff_see_everything_else_read_only(model, kossi, ama, moderator):
    lease = make.active_lease(kossi.user, ama.user)
    make.charge(lease)
    make.ticket(lease)
    page = moderator.get(reverse(f"admin:properties_{model}_changelist"))
    assert page.status_code == 200
    row = page.context["cl"].queryset.first()
    url = reverse(f"admin:properties_{model}_change", args=[row.pk])
    detail = moderator.get(url)
    assert detail.status_code == 200
    assert 'name="_save"' not in detail.content.decode()
    assert moderator.post(url, {}).status_code == 403


def test_the_account_of_a_listing_is_suspended_by_two(kossi, moderator):
    from accounts.models import Sanction, User
    from lokahome.tests.people import make_staff

    row = make.submitted(kossi.user)
    url = reverse("admin:properties_listing_decide", args=[row.pk, "suspend-owner"])
    body = {
        "version": row.version,
        "reason": "Trois annonces fausses",
        "grounds": "false",
        "days": 7,
        "notice": "Vos annonces décrivent des logements qui n’existent pas.",
    }
    finance = make_staff("finance", "finance_maker")
    assert finance.post(url, body, format="multipart").status_code == 403
    assert moderator.post(url, body, format="multipart").status_code == 302
    sanction = Sanction.objects.get()
    assert (sanction.kind, sanction.status) == ("suspend", "proposed")
    assert User.objects.get(pk=kossi.id).is_active
