"""The back-office page of received SMS."""

import pytest

from lokahome.core import clock
from lokahome.tests.people import make_staff
from messaging.models import InboundSms

PAGE = "/admin/messaging/inboundsms/"


@pytest.fixture
def received(db):
    row = InboundSms(
        gateway="twilio",
        gateway_message_id="SM1",
        sender="+2290197000042",
        text="mon secret",
        outcome="unknown_number",
        handled_at=clock.now(),
    )
    row.save()
    return row


def test_support_sees_what_became_of_it_and_neither_number_nor_words(received):
    support = make_staff("support", "support")
    for path in (PAGE, f"{PAGE}{received.pk}/change/"):
        page = support.get(path).content.decode()
        assert "Numéro inconnu" in page
        assert "+2290197000042" not in page
        assert "mon secret" not in page


@pytest.mark.parametrize("field", ["text__startswith", "sender__startswith"])
def test_hidden_columns_cannot_be_guessed_by_filters(received, field):
    support = make_staff("support", "support")
    assert support.get(f"{PAGE}?{field}=m").status_code in {302, 400}


@pytest.mark.parametrize("who", ["moderator", "finance"])
def test_others_see_nothing(request, received, who):
    client = request.getfixturevalue(who)
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}{received.pk}/change/").status_code == 403


def test_the_list_costs_a_constant_number_of_queries(
    received, django_assert_max_num_queries
):
    support = make_staff("support", "support")
    support.get(PAGE)
    with django_assert_max_num_queries(14):
        assert support.get(PAGE).status_code == 200
