"""Two agencies on one unit: what one holds, the other cannot see, count or infer."""

from datetime import timedelta

import pytest
import time_machine

from accounts.tests.agencies import acting, active_agency_of, joined, someone
from lokahome.core import clock
from lokahome.tests.people import sign_in
from properties.models import Application, Mandate
from properties.services.mandate_ends import end_mandate
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate

LISTS = ("mandates", "properties", "units", "listings?mine=true", "applications")
VOLATILE = {"instance", "request_id"}


class House:
    """One unit of Kossi's with two agencies: *ours* handles its listing."""

    def __init__(self, kossi, ama):
        self.landlord = kossi
        self.owner, self.other_owner = someone("Rita Zinsou"), someone("Paul Kpadé")
        self.ours = active_agency_of(self.owner, "Immo Une")
        self.theirs = active_agency_of(self.other_owner, "Agence Deux")
        self.unit = make.unit(kossi.user)
        self.listing = make.published(kossi.user, unit=self.unit)
        self.mandate = mandate(kossi.user, self.unit, self.ours, self.owner)
        self.other = mandate(
            kossi.user,
            self.unit,
            self.theirs,
            self.other_owner,
            fee_bps=300,
            includes_listing=False,
        )
        handled(self.listing, self.ours, self.owner)
        self.listing.refresh_from_db()
        self.lead = make.application(ama.user, self.listing)

    def us(self, role="owner"):
        """Return a client of our agency, in *role*."""
        return self._client(self.owner, self.ours, role)

    def them(self, role="owner"):
        """Return a client of the other agency, in *role*."""
        return self._client(self.other_owner, self.theirs, role)

    def _client(self, owner, agency, role):
        if role == "owner":
            return acting(owner, agency)
        person = someone(role)
        joined(agency, owner, person, role)
        return acting(person, agency)


@pytest.fixture
def house(kossi, ama):
    return House(kossi, ama)


def listed(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["data"]]


def told(answer):
    body = answer.json() if answer.content else {}
    return answer.status_code, {k: v for k, v in body.items() if k not in VOLATILE}


@pytest.mark.parametrize("role", ["owner", "manager", "agent"])
def test_each_agency_lists_its_own(house, role):
    us, them = house.us(role), house.them(role)
    place = str(house.unit.property_id)
    assert [listed(us, path) for path in LISTS] == [
        [str(house.mandate.pk)],
        [place],
        [str(house.unit.pk)],
        [str(house.listing.pk)],
        [str(house.lead.pk)],
    ]
    assert [listed(them, path) for path in LISTS] == [
        [str(house.other.pk)],
        [place],
        [str(house.unit.pk)],
        [],
        [],
    ]


@pytest.mark.parametrize("role", ["accountant", "viewer"])
def test_those_who_read_papers_see_neither_addresses_nor_leads(house, role):
    us = house.us(role)
    assert [len(listed(us, path)) for path in LISTS] == [1, 0, 1, 1, 0]
    assert us.get(f"/api/v1/properties/{house.unit.property_id}").status_code == 404
    assert us.get(f"/api/v1/applications/{house.lead.pk}").status_code == 404
    listing = us.get(f"/api/v1/listings/{house.listing.pk}").json()
    assert listing["allowed_actions"] == []
    mandate_seen = us.get(f"/api/v1/mandates/{house.mandate.pk}").json()
    assert mandate_seen["allowed_actions"] == []


def test_details_of_the_other_agency_are_like_missing_ones(house):
    them, missing = house.them(), "01a20950-78e3-705b-bcd9-deaf062ed870"
    for path, pk in (
        ("mandates/{}", house.mandate.pk),
        ("mandates/{}/acceptance", house.mandate.pk),
        ("mandates/{}/refusal", house.mandate.pk),
        ("applications/{}", house.lead.pk),
        ("applications/{}/acceptance", house.lead.pk),
        ("applications/{}/review", house.lead.pk),
        ("applications/{}/withdrawal", house.lead.pk),
    ):
        ask = them.post if path.count("/") == 2 else them.get
        real = told(ask(f"/api/v1/{path.format(pk)}"))
        assert real == told(ask(f"/api/v1/{path.format(missing)}")), path
        assert real[0] == 404, path
    answers = [
        told(them.post(f"/api/v1/mandates/{pk}/end", {"reason": "x"}))
        for pk in (house.mandate.pk, missing)
    ]
    assert answers[0] == answers[1]
    house.mandate.refresh_from_db()
    house.lead.refresh_from_db()
    assert (house.mandate.status, house.lead.status) == ("active", "sent")


def test_the_other_agency_reads_the_listing_as_anybody_does(house, stranger):
    path = f"/api/v1/listings/{house.listing.pk}"
    seen, public = house.them().get(path).json(), stranger.get(path).json()
    assert seen["handled_by"] is None
    assert seen["allowed_actions"] == []
    # Who may apply for oneself may; nothing else differs from a stranger's page.
    assert {**seen, "allowed_actions": None} == {**public, "allowed_actions": None}


def test_the_page_of_a_listing_does_not_move_when_its_handling_does(house, anonymous):
    """Neither its ETag nor its last change tells a rival that somebody answers for it."""
    path = f"/api/v1/listings/{house.listing.pk}"
    them = house.them()

    def seen():
        pages = (them.get(path), anonymous.get(path))
        return [(page["ETag"], page.json()) for page in pages]

    before = seen()
    assert house.us().delete(f"{path}/handling").status_code == 204
    assert seen() == before
    assert house.us().post(f"{path}/handling").status_code == 200
    assert seen() == before


def test_the_other_agency_is_refused_alike_whoever_handles_the_listing(house):
    them = house.them()
    path = f"/api/v1/listings/{house.listing.pk}"
    asks = [
        lambda: them.post(f"{path}/handling"),
        lambda: them.post(f"{path}/pause"),
        lambda: them.post(f"{path}/submission"),
        lambda: them.patch(path, {"description": "x"}, headers={"If-Match": '"1"'}),
        lambda: them.post(f"{path}/photos", {"upload_id": str(house.unit.pk)}),
    ]
    while_handled = [told(ask()) for ask in asks]
    house.us().delete(f"{path}/handling")
    while_kept = [told(ask()) for ask in asks]
    end_mandate(
        mandate_id=house.mandate.pk,
        actor=house.landlord.user,
        reason="x",
        now=clock.now(),
    )
    alone = [told(ask()) for ask in asks]
    assert while_handled == while_kept == alone
    assert {status for status, _body in alone} == {403}
    house.listing.refresh_from_db()
    assert (house.listing.status, house.listing.agency_id) == ("published", None)


def test_the_other_agencys_words_appear_in_no_answer(house):
    """Names, fees and ids of one agency are in nothing that the other reads."""
    canaries = {
        str(house.ours.pk),
        "Immo Une",
        "Rita Zinsou",
        str(house.mandate.pk),
        str(house.lead.pk),
        "Ama Dossou",
        '"fee_bps":400',
    }
    them = house.them()
    details = [
        f"units/{house.unit.pk}",
        f"properties/{house.unit.property_id}",
        f"listings/{house.listing.pk}",
        f"mandates/{house.other.pk}",
        "listings",
        "agencies",
        f"agencies/{house.theirs.pk}/members",
        "notifications",
        *LISTS,
    ]
    for path in details:
        text = them.get(f"/api/v1/{path}").content.decode().replace(": ", ":")
        assert not [canary for canary in canaries if canary in text], path


def test_counts_do_not_move_when_the_other_agency_moves(house, ama, afi):
    """What comes to one agency changes no list of the other's by a byte."""
    them = house.them()

    def everything():
        return [
            them.get(f"/api/v1/{path}").content
            for path in (*LISTS, f"units/{house.unit.pk}", "notifications")
        ]

    before = everything()
    make.application(afi.user, house.listing)
    end_mandate(
        mandate_id=house.mandate.pk,
        actor=house.landlord.user,
        reason="x",
        now=clock.now(),
    )
    assert everything() == before


def test_a_lead_stays_with_the_agency_that_it_came_to(house, afi):
    """Also when the listing is the other one's meanwhile."""
    landlord = house.landlord
    for row, wanted in ((house.mandate, False), (house.other, True)):
        path = f"/api/v1/mandates/{row.pk}"
        headers = {"If-Match": landlord.get(path)["ETag"]}
        answer = landlord.patch(path, {"includes_listing": wanted}, headers=headers)
        assert answer.status_code == 200
    handled(house.listing, house.theirs, house.other_owner)
    new = make.application(afi.user, house.listing)
    assert Application.objects.get(pk=new.pk).agency_id == house.theirs.pk
    assert listed(house.us(), "applications") == [str(house.lead.pk)]
    assert listed(house.them(), "applications") == [str(new.pk)]
    assert len(listed(landlord, "applications")) == 2


@pytest.mark.parametrize("how", ["ended", "lapsed", "removed", "suspended"])
def test_what_ends_a_right_takes_everything_away_at_once(house, how):
    us = house.us("agent")
    assert [len(listed(us, path)) for path in LISTS] == [1, 1, 1, 1, 1]
    if how == "ended":
        answer = house.landlord.post(
            f"/api/v1/mandates/{house.mandate.pk}/end", {"reason": "x"}
        )
        assert answer.status_code == 200
    elif how == "suspended":
        type(house.ours).objects.filter(pk=house.ours.pk).update(
            status="suspended", status_reason="x"
        )
    elif how == "removed":
        house.ours.memberships.exclude(user=house.owner).update(
            status="removed", removed_at=clock.now()
        )
    else:
        # Its last day is past, and the job that ends it has not run.
        today = clock.today()
        Mandate.objects.filter(pk=house.mandate.pk).update(
            starts_on=today - timedelta(days=9), expires_on=today - timedelta(days=1)
        )
    if how in {"ended", "lapsed"}:
        # The paper of a past mandate stays readable; the homes are gone.
        assert [len(listed(us, path)) for path in LISTS] == [1, 0, 0, 0, 0]
        pause = us.post(f"/api/v1/listings/{house.listing.pk}/pause")
        assert pause.status_code in {403, 404}
    else:
        for path in LISTS:
            assert us.get(f"/api/v1/{path}").status_code == 403
    for path in (
        f"properties/{house.unit.property_id}",
        f"units/{house.unit.pk}",
        f"applications/{house.lead.pk}",
    ):
        assert us.get(f"/api/v1/{path}").status_code in {403, 404}
    house.listing.refresh_from_db()
    assert house.listing.status == "published"


def test_a_mandate_that_begins_tomorrow_shows_nothing_today(kossi, house):
    unit = make.unit(kossi.user)
    tomorrow = clock.today() + timedelta(days=1)
    mandate(kossi.user, unit, house.ours, house.owner, starts_on=tomorrow)
    us = house.us()
    assert us.get(f"/api/v1/units/{unit.pk}").status_code == 404
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert house.us().get(f"/api/v1/units/{unit.pk}").status_code == 200


def test_one_sees_nothing_of_an_agency_outside_of_its_context(house):
    outside = sign_in(house.owner)
    assert [listed(outside, path) for path in LISTS] == [[], [], [], [], []]
    assert outside.get(f"/api/v1/units/{house.unit.pk}").status_code == 404


def test_a_member_of_both_sees_each_through_its_own_context(house):
    joined(house.theirs, house.other_owner, house.owner, "manager")
    both = acting(house.owner, house.theirs)
    assert listed(both, "mandates") == [str(house.other.pk)]
    assert listed(both, "applications") == []
    assert listed(house.us(), "mandates") == [str(house.mandate.pk)]


def test_the_landlord_sees_both(house):
    assert len(listed(house.landlord, "mandates")) == 2
    assert listed(house.landlord, "applications") == [str(house.lead.pk)]
