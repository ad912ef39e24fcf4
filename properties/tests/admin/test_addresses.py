"""Where a home is: masked to all, shown to who decides about listings and says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse

from lokahome.core import clock
from lokahome.core.admin import revealing
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import RateLimited
from lokahome.core.invariants import check_invariants
from lokahome.tests.people import make_staff
from marketplace.tests import factories as services
from properties.tests import factories as make

PATH = "Deuxième von à droite, portail bleu"


def page_of(client, row, name):
    return client.get(reverse(f"admin:{name}_change", args=[row.pk])).content.decode()


def revealed(client, row, name, reason="Je compare le point avec le repère."):
    url = reverse(f"admin:{name}_decide", args=[row.pk, "reveal"])
    body = {"version": row.version, "reason": reason}
    return client.post(url, body, format="multipart")


@pytest.fixture
def home(kossi):
    return make.home(kossi.user, at=(2.399417, 6.361429), street="Rue 12.049")


HOME = "properties_property"


def test_an_address_is_shown_for_a_quarter_of_an_hour_to_who_says_why(
    moderator, kossi, home
):
    for words in (PATH, "Rue 12.049", "6.36143, 2.39942"):
        assert words not in page_of(moderator, home, HOME)
    revealed(moderator, home, HOME)
    for words in (PATH, "Rue 12.049", "6.36143, 2.39942"):
        assert words in page_of(moderator, home, HOME)
    assert PATH not in page_of(make_staff("other", "moderator"), home, HOME)
    with time_machine.travel(clock.now() + revealing.REVEALED_FOR, tick=False):
        assert PATH not in page_of(moderator, home, HOME)
    deed = AuditEvent.objects.get(subject=f"user:{kossi.id}", actor_id=moderator.id)
    assert deed.action == "person.address_revealed"
    assert deed.reason == "Je compare le point avec le repère."
    assert deed.details == {"object": f"property:{home.pk}"}


def test_no_reason_shows_no_address(moderator, home):
    revealed(moderator, home, HOME, reason=" ")
    assert PATH not in page_of(moderator, home, HOME)
    assert not AuditEvent.objects.filter(action__endswith=".reveal").exists()


@pytest.mark.parametrize("group", ["support", "lead", "auditor"])
def test_who_decides_about_no_listing_is_refused_an_address(group, home):
    client = make_staff("somebody", group)
    assert "/decide/reveal" not in page_of(client, home, HOME)
    assert revealed(client, home, HOME).status_code == 403
    assert PATH not in page_of(client, home, HOME)
    assert not AuditEvent.objects.filter(action__endswith=".reveal").exists()


def test_where_a_service_is_wanted_is_masked_alike(moderator, ama):
    row = services.request(ama.user, directions="Ruelle derrière la pharmacie")
    name = "marketplace_servicerequest"
    assert "Ruelle" not in page_of(moderator, row, name)
    revealed(moderator, row, name)
    assert "Ruelle derrière la pharmacie" in page_of(moderator, row, name)
    assert AuditEvent.objects.filter(subject=f"user:{ama.id}").exists()


def test_a_listing_leads_to_the_address_and_does_not_say_it(moderator, kossi):
    row = make.submitted(kossi.user)
    page = page_of(moderator, row, "properties_listing")
    assert PATH not in page
    assert reverse(f"admin:{HOME}_change", args=[row.unit.property_id]) in page


# --- How much one person is shown ------------------------------------------------------


def test_who_left_the_group_reads_no_more(moderator, home):
    revealed(moderator, home, HOME)
    assert PATH in page_of(moderator, home, HOME)
    moderator.user.groups.set(Group.objects.filter(name="auditor"))
    assert PATH not in page_of(moderator, home, HOME)


def test_beyond_thirty_in_an_hour_nothing_is_shown_nor_recorded(
    moderator, kossi, home, monkeypatch
):
    monkeypatch.setattr(revealing, "HOURLY", 2)
    others = [make.home(kossi.user) for _ in range(2)]
    for row in (*others, home):
        revealed(moderator, row, HOME)
    assert PATH in page_of(moderator, others[1], HOME)
    assert PATH not in page_of(moderator, home, HOME)
    deeds = AuditEvent.objects.filter(actor_id=moderator.id)
    assert deeds.filter(action="properties.property.reveal").count() == 2
    assert deeds.filter(action="person.address_revealed").count() == 2
    # People and addresses are counted together, each reader alone.
    other = make_staff("other", "moderator")
    revealed(other, home, HOME)
    assert PATH in page_of(other, home, HOME)
    with pytest.raises(RateLimited):
        revealing.count_reveal(actor_id=moderator.id, now=clock.now())
    later = clock.now() + timedelta(hours=1, minutes=1)
    revealing.count_reveal(actor_id=moderator.id, now=later)


def test_a_day_with_more_than_a_hundred_breaks_an_invariant(moderator):
    name = "staff.reveals_stay_few"
    deeds = [
        AuditEvent(
            action="accounts.user.reveal",
            subject=f"user:{number}",
            actor_id=moderator.id,
            reason="Appel",
            details={},
        )
        for number in range(revealing.DAILY + 1)
    ]
    AuditEvent.objects.bulk_create(deeds[:-1])
    assert check_invariants([name]) == []
    AuditEvent.objects.bulk_create(deeds[-1:])
    assert [it.row for it in check_invariants([name])] == [
        (str(moderator.id), revealing.DAILY + 1)
    ]


def test_a_lead_sees_how_much_is_revealed(moderator, home):
    lead = make_staff("lead", "lead")
    revealed(moderator, home, HOME)
    page = lead.get(reverse("admin:index")).content.decode()
    link = reverse("admin:core_auditevent_changelist") + "?action__endswith=.reveal"
    assert link in page
    assert f"property:{home.pk}" in lead.get(link).content.decode()
