"""Writing: numbered without a gap, once for each client id, told to everybody."""

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from messaging.models import Conversation, Message, Participant, PersonEvent, PersonLog
from messaging.queries.conversations import message_as_json
from messaging.queries.events import events_after, head_of
from messaging.services.messages import post_message
from messaging.tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(kossi, ama):
    """What Ama asks Kossi about a listing."""
    return make.about_listing(kossi.user, ama.user)


def post(talk, sender, body="Bonjour", client_id=None):
    return post_message(
        conversation_id=talk.pk,
        sender=sender.user,
        client_id=client_id or uuid7(),
        body=body,
        now=clock.now(),
    )


def everything():
    """Return what a refusal must leave as it was."""
    return (
        list(Message.objects.order_by("id").values_list("id", "seq")),
        list(Conversation.objects.order_by("id").values_list("id", "last_seq")),
        list(PersonLog.objects.order_by("id").values_list("id", "last_useq")),
        PersonEvent.objects.count(),
        list(
            Participant.objects.order_by("id").values_list("delivered_seq", "read_seq")
        ),
    )


def test_messages_are_numbered_and_told_to_everybody(talk, ama, kossi):
    first = post(talk, ama, "C’est encore libre ?")
    second = post(talk, kossi, "Oui.")
    assert [first.message.seq, second.message.seq] == [1, 2]
    assert first.is_new
    assert set(first.moved) == {ama.id, kossi.id}
    for person in (ama, kossi):
        told = events_after(person.id, 0)
        assert [event["useq"] for event in told] == [1, 2, 3]
        assert [event["kind"] for event in told] == [
            "conversation",
            "message",
            "message",
        ]
        assert told[1]["message"] == message_as_json(first.message)
        assert head_of(person.id).useq == 3
        assert second.moved[person.id] == 3
    assert check_invariants() == []
