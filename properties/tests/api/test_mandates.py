"""Mandates and handling over HTTP."""

from datetime import timedelta

import pytest
import time_machine

from accounts.tests.agencies import acting, active_agency_of, joined, someone
from lokahome.core import clock
from lokahome.core.ids import uuid7
from properties.models import Mandate
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate, paper, proposed

MANDATES = "/api/v1/mandates"
BAD = {"fee_bps": 5000}


@pytest.fixture
def agency(afi):
    """The agency of Afi, checked by staff."""
    return active_agency_of(afi.user)


@pytest.fixture
def unit(kossi):
    """A unit of Kossi."""
    return make.unit(kossi.user)


def offer(client, unit, agency, **values):
    body = {
        "unit_id": str(unit.pk),
        "agency_id": str(agency.pk),
        "fee_bps": 1000,
        "starts_on": clock.today().isoformat(),
        "expires_on": clock.today().isoformat(),
        **values,
    }
    body.setdefault("upload_id", str(paper(unit.landlord).pk))
    return client.post(MANDATES, body)


def at(row, *parts):
    return "/".join([MANDATES, str(row.pk), *parts])


def patched(client, row, includes_listing, etag=""):
    """Entrust the listing or take it back, as the mandate was read last."""
    headers = {"If-Match": etag or client.get(at(row))["ETag"]}
    body = {"includes_listing": includes_listing}
    return client.patch(at(row), body, headers=headers)


def test_a_mandate_is_offered_accepted_and_ended(kossi, afi, agency, unit):
    body = {"id": str(uuid7()), "upload_id": str(paper(kossi.user).pk)}
    made = offer(kossi, unit, agency, **body)
    assert made.status_code == 201
    assert made.json()["allowed_actions"] == ["end", "entrust_listing"]
    assert offer(kossi, unit, agency, **body).json()["id"] == body["id"]
    agent = acting(afi.user, agency)
    read = agent.get(made["Location"])
    assert read.json()["allowed_actions"] == ["accept", "decline"]
    path = made["Location"]
    accepted = agent.post(f"{path}/acceptance")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "active")
    assert accepted.json()["allowed_actions"] == ["end", "handle_listing"]
    ended = kossi.post(f"{path}/end", {"reason": "Vendu."})
    assert (ended.json()["status"], ended.json()["end_reason"]) == ("ended", "Vendu.")
    assert Mandate.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"fee_bps": 1001}, "mandate.fee_above_cap"),
        ({"agency_id": str(uuid7())}, "mandate.unknown_agency"),
        ({"expires_on": "2020-01-01", "starts_on": "2019-01-01"}, "mandate.bad_term"),
        ({"fee_bps": "dix"}, "request.invalid"),
        ({"starts_on": "demain"}, "request.invalid"),
        ({"upload_id": "x"}, "request.invalid"),
    ],
)
def test_bad_values_are_refused(kossi, agency, unit, values, code):
    answer = offer(kossi, unit, agency, **values)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Mandate.objects.exists()


def test_visitors_strangers_and_agents_offer_nothing(
    anonymous, stranger, kossi, afi, agency, unit
):
    assert anonymous.get(MANDATES).status_code == 401
    assert anonymous.post(MANDATES, {}).status_code == 401
    assert offer(stranger, unit, agency).status_code == 404
    assert offer(acting(afi.user, agency), unit, agency).status_code == 403
    assert not Mandate.objects.exists()


def test_a_mandate_of_others_is_like_one_that_does_not_exist(
    kossi, afi, stranger, agency, unit
):
    row = mandate(kossi.user, unit, agency, afi.user)
    founder = someone()
    other = acting(founder, active_agency_of(founder))
    # Afi herself, outside of the agency's context, is a stranger as well.
    for client in (stranger, other, afi):
        answers = []
        for known in (row, Mandate(pk=uuid7())):
            asked = (
                client.get(at(known)),
                patched(client, known, False, etag='"2"'),
                client.post(at(known, "acceptance")),
                client.post(at(known, "refusal")),
                client.post(at(known, "end"), {"reason": "x"}),
            )
            answers.append([(a.status_code, a.json()["detail"]) for a in asked])
        assert answers[0] == answers[1]
        assert {status for status, _detail in answers[0]} == {404}
        assert client.get(MANDATES).json()["data"] == []
    row.refresh_from_db()
    assert (row.status, row.version) == ("active", 2)


def test_the_landlord_does_not_accept_for_the_agency(kossi, agency, unit):
    row = proposed(kossi.user, unit, agency)
    assert kossi.post(at(row, "acceptance")).status_code == 403
    assert kossi.post(at(row, "refusal")).status_code == 403
    row.refresh_from_db()
    assert row.status == "proposed"


def test_the_listing_is_entrusted_by_the_landlord_alone(kossi, afi, agency, unit):
    row = mandate(kossi.user, unit, agency, afi.user)
    agent = acting(afi.user, agency)
    assert patched(agent, row, False).status_code == 403
    assert kossi.patch(at(row), {"includes_listing": False}).status_code == 428
    assert patched(kossi, row, False, etag='"1"').status_code == 412
    row.refresh_from_db()
    assert (row.includes_listing, row.version) == (True, 2)
    answer = patched(kossi, row, False)
    assert (answer.status_code, answer.json()["includes_listing"]) == (200, False)


def test_the_handling_is_taken_shown_and_given_back(
    ama, kossi, afi, agency, unit, anonymous
):
    listing = make.published(kossi.user, unit=unit)
    mandate(kossi.user, unit, agency, afi.user)
    agent = acting(afi.user, agency)
    path = f"/api/v1/listings/{listing.pk}"
    assert ama.post(f"{path}/handling").status_code == 403
    assert kossi.post(f"{path}/handling").status_code == 403
    assert anonymous.post(f"{path}/handling").status_code == 401
    taken = agent.post(f"{path}/handling")
    named = {"id": str(agency.pk), "name": agency.name}
    assert (taken.status_code, taken.json()["handled_by"]) == (200, named)
    assert {"pause", "edit", "add_photo"} <= set(taken.json()["allowed_actions"])
    assert kossi.get(path).json()["handled_by"] == named
    for outsider in (ama, anonymous):
        assert outsider.get(path).json()["handled_by"] is None
    assert agent.post(f"{path}/pause").json()["status"] == "paused"
    assert agent.post(f"{path}/letting").status_code == 403
    assert agent.delete(f"{path}/handling").status_code == 204
    assert kossi.get(path).json()["handled_by"] is None


def test_a_photo_comes_from_an_agents_own_upload(kossi, afi, agency, unit):
    listing = make.listing(kossi.user, unit=unit)
    mandate(kossi.user, unit, agency, afi.user)
    handled(listing, agency, afi.user)
    agent = acting(afi.user, agency)
    path = f"/api/v1/listings/{listing.pk}/photos"
    theirs = {"upload_id": str(make.upload(kossi.user).pk)}
    assert agent.post(path, theirs).status_code == 404
    own = {"upload_id": str(make.upload(afi.user).pk)}
    made = agent.post(path, own)
    assert made.status_code == 201
    assert agent.delete(made["Location"]).status_code == 204


def test_in_a_context_nothing_is_offered_nor_asked_for_in_ones_own_name(
    kossi, afi, agency, unit
):
    joined(agency, afi.user, kossi.user, "agent")
    listing = make.published(make.landlord())
    agent = acting(kossi.user, agency)
    place = {"division_id": str(make.division().pk), "label": "x", "kind": "house"}
    home = {**place, "pin": {"lat": 6.3614, "lng": 2.3994}}
    room = {
        "property_id": str(unit.property_id),
        "label": "x",
        "kind": "studio",
        "sanitary": "sanitary",
    }
    text = {
        "unit_id": str(unit.pk),
        "rent": {"amount": 35000, "currency": "XOF"},
    }
    wish = {"listing_id": str(listing.pk), "move_in_on": clock.today().isoformat()}
    assert agent.post("/api/v1/properties", home).status_code == 403
    assert agent.post("/api/v1/units", room).status_code == 403
    assert agent.post("/api/v1/listings", text).status_code == 403
    assert agent.post("/api/v1/applications", wish).status_code == 409
    for path in ("properties", "units", "applications", "leases", "tickets"):
        assert agent.get(f"/api/v1/{path}").json()["data"] == []


def test_the_list_costs_a_constant_number_of_queries(
    kossi, afi, agency, django_assert_max_num_queries
):
    for _ in range(4):
        unit = make.unit(kossi.user)
        make.listing(kossi.user, unit=unit)
        mandate(kossi.user, unit, agency, afi.user)
    with django_assert_max_num_queries(3):
        assert len(kossi.get(MANDATES).json()["data"]) == 4
    agent = acting(afi.user, agency)
    with django_assert_max_num_queries(4):
        rows = agent.get(MANDATES).json()["data"]
    assert all(row["listing_id"] for row in rows)
    with django_assert_max_num_queries(4):
        assert len(agent.get("/api/v1/units").json()["data"]) == 4
    with django_assert_max_num_queries(5):
        assert len(agent.get("/api/v1/listings?mine=true").json()["data"]) == 4


def test_an_agency_reads_the_listing_only_while_its_mandate_gives_rights(
    kossi, afi, agency, unit
):
    """What another agency does with the unit later is not told to the first one."""
    row = mandate(kossi.user, unit, agency, afi.user)
    agent = acting(afi.user, agency)

    def told(client, one=row):
        answer = client.get(at(one)).json()
        listed = {item["id"]: item for item in client.get(MANDATES).json()["data"]}
        assert listed[str(one.pk)]["listing_id"] == answer["listing_id"]
        return answer["listing_id"]

    assert (told(agent), told(kossi)) == (None, None)
    ended = kossi.post(at(row, "end"), {"reason": "Vendu."})
    assert ended.json()["status"] == "ended"
    founder = someone()
    second = active_agency_of(founder)
    rival = mandate(kossi.user, unit, second, founder)
    draft = make.listing(kossi.user, unit=unit)
    assert told(agent) is None
    assert agent.get(f"/api/v1/listings/{draft.pk}").status_code == 404
    assert told(acting(founder, second), rival) == str(draft.pk), "the control"
    assert told(kossi) == str(draft.pk), "one's own listing"


@pytest.mark.parametrize("days", [-1, 0, 2, 3])
def test_the_days_of_a_mandate_decide_whether_its_agency_reads_the_listing(
    kossi, afi, agency, unit, days
):
    """Also when the job that ends it is late, and before its first day."""
    first = clock.today() + timedelta(days=2)
    last = first + timedelta(days=1)
    row = mandate(kossi.user, unit, agency, afi.user, starts_on=first, expires_on=last)
    draft = make.listing(kossi.user, unit=unit)
    with time_machine.travel(clock.now() + timedelta(days=2 + days), tick=False):
        seen = acting(afi.user, agency).get(at(row)).json()
    assert seen["status"] == "active"
    assert seen["listing_id"] == (str(draft.pk) if days == 0 else None)


def test_an_offer_tells_its_agency_no_listing(kossi, afi, agency, unit):
    row = proposed(kossi.user, unit, agency)
    draft = make.listing(kossi.user, unit=unit)
    assert acting(afi.user, agency).get(at(row)).json()["listing_id"] is None
    assert kossi.get(at(row)).json()["listing_id"] == str(draft.pk)
