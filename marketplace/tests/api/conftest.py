"""A leak at Kossi's, where Ama lives: everybody who has a part in it, and who has none."""

import pytest

from lokahome.core import clock
from lokahome.tests.people import make_person, sign_in
from marketplace.services.requests import open_request_from_ticket
from marketplace.tests import factories as make
from properties.tests import factories as homes


@pytest.fixture
def bola(db):
    """Another provider around."""
    client = sign_in(
        make_person(name="Bola Sanni", phone="+2290197000008", roles=("provider",))
    )
    make.provider(client.user, display_name="Bola Services")
    return client


@pytest.fixture
def repair(kossi, ama):
    """Kossi's open request for a leak where Ama is on site."""
    make.load_categories()
    lease = homes.active_lease(kossi.user, ama.user)
    ticket = homes.decided_ticket(lease, "landlord")
    return open_request_from_ticket(
        ticket_id=ticket.pk, requester=kossi.user, now=clock.now()
    )


@pytest.fixture
def job(repair, kossi, afi):
    """The job of that repair: Afi does it, Kossi has not paid yet."""
    return make.accepted(kossi.user, afi.user, request=repair)
