"""What somebody leaves behind in homes: what stands in the way, ends, and is emptied."""

from __future__ import annotations

import pytest

from accounts.models import User
from lokahome.core.privacy.copying import copy_of
from lokahome.core.privacy.erasing import delete_files, empty_rows
from lokahome.core.privacy.obstacles import obstacles_of
from properties.models import Application, Lease, Listing, Property, Ticket
from properties.services.parting import settle
from properties.tests import factories as homes


@pytest.fixture
def owner(db):
    """Return somebody with a home to let."""
    return homes.landlord()


@pytest.fixture
def seeker(db):
    """Return somebody who looks for one."""
    return homes.tenant()


def test_a_lease_that_runs_stands_in_both_ways(owner, seeker):
    assert "lease.living" not in obstacles_of(owner.pk)
    homes.active_lease(owner, seeker)
    for person in (owner, seeker):
        assert "lease.living" in obstacles_of(person.pk)
    assert "lease.living" not in obstacles_of(homes.tenant("Yao").pk)


@pytest.mark.parametrize(
    ("status", "stands"),
    [
        ("draft", False),
        ("out_for_signature", True),
        ("active", True),
        ("notice_given", True),
        ("ended", True),
        ("settled", False),
        ("abandoned", False),
    ],
)
def test_a_deposit_that_is_owed_stands_in_the_way_too(owner, seeker, status, stands):
    lease = homes.active_lease(owner, seeker)
    Lease.objects.filter(pk=lease.pk).update(status=status)
    for person in (owner, seeker):
        assert ("lease.living" in obstacles_of(person.pk)) is stands


@pytest.mark.parametrize("state", ["submitted", "published"])
def test_listings_go_from_the_public_and_from_the_queue(owner, now, state):
    row = getattr(homes, state)(owner)
    settle(owner.pk, now)
    row.refresh_from_db()
    assert row.status == Listing.Status.EXPIRED


def test_applications_sent_and_received_end(owner, seeker, now):
    row = homes.published(owner)
    sent = homes.application(seeker, row)
    settle(seeker.pk, now)
    sent.refresh_from_db()
    assert sent.status == Application.Status.WITHDRAWN
    received = homes.application(homes.tenant("Yao"), row)
    settle(owner.pk, now)
    received.refresh_from_db()
    assert received.status == Application.Status.DECLINED


def test_a_copy_shows_where_the_home_is_and_an_erasure_blurs_it(owner, now):
    home = homes.home(owner)
    shown = copy_of(owner.pk)["properties.property"]["rows"][0]
    assert shown["path_text"] == "Deuxième von à droite, portail bleu"
    assert shown["pin"] == home.pin.wkt
    empty_rows(owner.pk, now=now)
    left = Property.objects.get(pk=home.pk)
    assert (left.label, left.path_text, left.version) == ("—", "", home.version + 1)
    assert left.pin.wkt != home.pin.wkt


def test_what_each_wrote_on_a_ticket_goes_with_its_author(owner, seeker, now):
    ticket = homes.decided_ticket(homes.active_lease(owner, seeker))
    words = (ticket.title, ticket.decision_reason)
    empty_rows(owner.pk, now=now)
    ticket.refresh_from_db()
    assert (ticket.title, ticket.decision_reason) == (words[0], "—")
    empty_rows(seeker.pk, now=now)
    ticket.refresh_from_db()
    assert ticket.title == ticket.description == "—"
    assert Ticket.objects.get(pk=ticket.pk).payer == "landlord"


def test_photos_of_listings_go_with_their_files(owner, now):
    row = homes.listing(owner)
    photo = homes.photographed(owner, row)
    files = empty_rows(owner.pk, now=now)
    keys = {item["key"] for item in photo.variants}
    assert {item.name for item in files if item.storage == "default"} == keys
    delete_files(files)
    delete_files(files)  # gone already: no matter
    row.refresh_from_db()
    assert (row.photo_count, row.photos.count()) == (0, 0)


def test_the_other_one_keeps_their_lease(owner, seeker, now):
    lease = homes.active_lease(owner, seeker)
    before = copy_of(seeker.pk)["properties.lease"]
    empty_rows(owner.pk, now=now)
    assert copy_of(seeker.pk)["properties.lease"] == before
    assert User.objects.get(pk=lease.tenant_id).full_name == "Ama Dossou"
