"""The back-office page of outgoing messages."""

import pytest
from django.urls import reverse

from lokahome.core.events.delivering import drain
from lokahome.core.ids import uuid7
from messaging.models import CaughtMessage, OutgoingMessage

PAGE = "/admin/messaging/outgoingmessage/"


@pytest.fixture
def stuck(ama):
    message = OutgoingMessage(
        fact="properties.listing_published:listing:1",
        person_id=ama.id,
        channel="sms",
        template="listing_published",
        context_ids={"listing_id": str(uuid7())},
        status="given_up",
        last_error="unavailable",
        attempts=10,
    )
    message.save()
    return message


def resent(client, message, version=None):
    url = reverse("admin:messaging_outgoingmessage_decide", args=[message.pk, "resend"])
    body = {"version": version or message.version, "reason": "Opérateur rétabli"}
    return client.post(url, body, format="multipart")


def test_a_stuck_message_is_seen_and_sent_again(operator, stuck):
    assert "listing_published" in operator.get(PAGE).content.decode()
    page = operator.get(f"{PAGE}{stuck.pk}/change/").content.decode()
    assert "Renvoyer" in page
    resent(operator, stuck)
    drain()
    stuck.refresh_from_db()
    assert stuck.status == "sent"
    assert CaughtMessage.objects.count() == 1


@pytest.mark.parametrize("who", ["moderator", "finance"])
def test_others_neither_see_nor_resend(request, stuck, who):
    client = request.getfixturevalue(who)
    assert client.get(PAGE).status_code == 403
    assert resent(client, stuck).status_code == 403
    stuck.refresh_from_db()
    assert stuck.status == "given_up"


def test_a_message_that_moved_on_is_not_resent(operator, stuck):
    resent(operator, stuck, version=stuck.version + 1)
    stuck.refresh_from_db()
    assert stuck.status == "given_up"


def test_the_list_costs_a_constant_number_of_queries(
    operator, stuck, django_assert_max_num_queries
):
    operator.get(PAGE)
    with django_assert_max_num_queries(14):
        assert operator.get(PAGE).status_code == 200
