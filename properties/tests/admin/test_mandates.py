"""Mandates in the back-office, and the look at their paper."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.tests.agencies import active_agency_of
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotAllowed, NotFound
from lokahome.tests.people import make_staff
from properties.services.mandate_proofs import open_proof, sign_proof_look
from properties.tests import factories as make
from properties.tests.mandates import handled, mandate

MANDATES = "/admin/properties/mandate/"


@pytest.fixture
def row(kossi, afi):
    """An active mandate of 8.5 %, whose listing is handled."""
    agency = active_agency_of(afi.user)
    listing = make.published(kossi.user)
    found = mandate(kossi.user, listing.unit, agency, afi.user, fee_bps=850)
    handled(listing, agency, afi.user)
    return found


def decide(client, row, **data):
    url = reverse("admin:properties_mandate_decide", args=[row.pk, "end"])
    body = {"version": row.version, "reason": "Papier non signé", **data}
    return client.post(url, body, format="multipart")


def page_of(client, row):
    return client.get(f"{MANDATES}{row.pk}/change/").content.decode()


def looks():
    return AuditEvent.objects.filter(action="mandate.proof_viewed").count()


def test_the_page_tells_the_fee_and_the_way_to_the_paper(row, moderator):
    page = page_of(moderator, row)
    for part in ("8,5 %", "Voir le mandat signé", "Immo Cadjèhoun", "Porte 2"):
        assert part in page, part
    assert "Kossi Hounsou" not in page
    assert looks() == 0


def test_staff_end_a_mandate_and_the_agency_loses_the_listing(row, moderator, kossi):
    assert decide(moderator, row).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.end_reason) == ("ended", "Papier non signé")
    assert row.unit.listings.get().agency_id is None
    (shown,) = kossi.get("/api/v1/mandates").json()["data"]
    assert shown["end_reason"] == "Papier non signé"


@pytest.mark.parametrize("who", ["finance", "operator", "kossi", "anonymous"])
def test_who_may_not_decide_does_not(request, row, who):
    decide(request.getfixturevalue(who), row)
    row.refresh_from_db()
    assert row.status == "active"


def test_each_look_at_the_paper_is_on_record(row, moderator):
    token = sign_proof_look(mandate=row, reader=moderator.user)
    link = reverse("admin:properties_mandate_proof", args=[token])
    for _ in range(2):
        answer = moderator.get(link)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert "no-store" in answer["Cache-Control"]
        assert b"Kossi Adjovi" not in answer.content
    assert looks() == 2


def test_a_link_lives_five_minutes_for_its_reader_alone(row, moderator):
    colleague = make_staff("colleague", "moderator")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        token = sign_proof_look(mandate=row, reader=moderator.user)
        for bent, reader in ((token, colleague.user), (f"{token}x", moderator.user)):
            with pytest.raises(NotFound):
                open_proof(token=bent, reader=reader)
        traveller.shift(timedelta(minutes=5, seconds=1))
        with pytest.raises(NotFound):
            open_proof(token=token, reader=moderator.user)
    assert looks() == 0


def test_support_sees_the_mandate_and_not_the_paper(row):
    support = make_staff("support", "support")
    assert "Voir le mandat signé" not in page_of(support, row)
    with pytest.raises(NotAllowed):
        sign_proof_look(mandate=row, reader=support.user)


def test_the_paper_comes_back_to_nobody_by_the_api(row, kossi, afi):
    for client in (kossi, afi):
        answer = client.get(f"/api/v1/uploads/{row.proof_id}/content")
        assert answer.status_code in {404, 405}
    seen = kossi.get(f"/api/v1/mandates/{row.pk}").content.decode()
    assert str(row.proof_id) not in seen


def test_the_list_costs_a_constant_number_of_queries(
    kossi, afi, moderator, django_assert_max_num_queries
):
    agency = active_agency_of(afi.user)
    for _ in range(5):
        mandate(kossi.user, make.unit(kossi.user), agency, afi.user)
    moderator.get(MANDATES)
    with django_assert_max_num_queries(16):
        assert moderator.get(MANDATES).status_code == 200
