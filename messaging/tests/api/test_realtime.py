"""Getting a ticket for the socket."""

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.models import RealtimeTicket
from messaging.services.tickets import redeem_ticket

pytestmark = pytest.mark.django_db
URL = "/api/v1/realtime/tickets"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://127.0.0.1:8001", "ws://127.0.0.1:8001/realtime/v1"),
        ("https://lokahome.bj", "wss://lokahome.bj/realtime/v1"),
    ],
)
def test_a_ticket_says_where_to_use_it_and_works(ama, settings, base, expected):
    settings.REALTIME_URL = base
    device_id = uuid7()
    answer = ama.post(URL, {"device_id": str(device_id)})
    assert answer.status_code == 201, answer.content
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"ticket", "socket_url", "expires_at"}
    assert body["socket_url"] == expected
    assert body["ticket"] not in body["socket_url"], "a URL is logged on its way"
    redeemed = redeem_ticket(token=body["ticket"], now=clock.now())
    assert (redeemed.person, redeemed.device_id) == (ama.user, device_id)


@pytest.mark.parametrize("body", [{}, {"device_id": "phone"}, {"device_id": None}])
def test_a_ticket_is_for_one_device(ama, body):
    assert ama.post(URL, body).status_code == 422
    assert not RealtimeTicket.objects.exists()


def test_a_stolen_list_of_tickets_opens_nothing_over_http(ama):
    ama.post(URL, {"device_id": str(uuid7())})
    assert ama.get(URL).status_code == 405
