"""Writing: numbered without a gap, once for each client id, told to everybody."""

import pytest

from accounts.models import User
from accounts.services.moderation.standing import AccountRestricted
from lokahome.core import clock
from lokahome.core.errors import NotFound, RateLimited
from lokahome.core.ids import uuid7
from lokahome.core.invariants import check_invariants
from messaging.models import Conversation, Message, Participant, PersonEvent, PersonLog
from messaging.queries.conversations import message_as_json
from messaging.queries.events import NO_EPOCH, events_after, head_of
from messaging.services.hiding import hidden_message, hide_message, show_message
from messaging.services.messages import ClientIdReused, move_cursor, post_message
from messaging.services.texts import TextRefused
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


def move(talk, person, delivered=0, read=0):
    return move_cursor(
        conversation_id=talk.pk,
        person=person.user,
        delivered_seq=delivered,
        read_seq=read,
    )


def everything():
    """Return what a refusal must leave as it was."""
    tables = (Message, Conversation, PersonLog, PersonEvent, Participant)
    return [list(model.objects.order_by("id").values()) for model in tables]


def test_messages_are_numbered_and_told_to_everybody(talk, ama, kossi):
    first = post(talk, ama, "C’est encore libre ?")
    second = post(talk, kossi, "Oui.")
    assert [first.message.seq, second.message.seq] == [1, 2]
    assert first.is_new
    assert set(first.moved) == {ama.id, kossi.id}
    for person in (ama, kossi):
        told = events_after(person.id, 0)
        assert [event["useq"] for event in told] == [1, 2, 3]
        kinds = [event["kind"] for event in told]
        assert kinds == ["conversation", "message", "message"]
        assert told[1]["message"] == message_as_json(first.message)
        assert head_of(person.id).useq == 3
        assert second.moved[person.id] == 3
        assert events_after(person.id, 2) == told[2:]
        assert events_after(person.id, 3) == []
    talk.refresh_from_db()
    assert (talk.last_seq, talk.last_message_at) == (2, second.message.created_at)
    assert check_invariants() == []


def test_somebody_without_a_log_stands_at_nought(stranger):
    assert head_of(stranger.id).useq == 0
    assert head_of(stranger.id).epoch == NO_EPOCH
    assert events_after(stranger.id, 0) == []


def test_the_same_message_again_is_the_message_that_is_there(talk, ama):
    client_id = uuid7()
    first = post(talk, ama, "Bonjour", client_id)
    before = everything()
    again = post(talk, ama, "  Bonjour\r\n", client_id)
    assert (again.message.pk, again.is_new, again.moved) == (
        first.message.pk,
        False,
        {},
    )
    assert everything() == before


def test_other_words_under_the_same_id_are_refused(talk, ama):
    client_id = uuid7()
    post(talk, ama, "Bonjour", client_id)
    before = everything()
    with pytest.raises(ClientIdReused):
        post(talk, ama, "Bonsoir", client_id)
    assert everything() == before


def test_the_same_id_in_another_conversation_is_refused(talk, ama, kossi):
    other = make.about_listing(kossi.user, ama.user)
    client_id = uuid7()
    post(talk, ama, "Bonjour", client_id)
    before = everything()
    with pytest.raises(ClientIdReused):
        post(other, ama, "Bonjour", client_id)
    assert everything() == before


def test_two_people_may_use_the_same_id(talk, ama, kossi):
    client_id = uuid7()
    assert post(talk, ama, "Bonjour", client_id).is_new
    assert post(talk, kossi, "Bonsoir", client_id).is_new


def test_a_stranger_finds_nothing_and_changes_nothing(talk, stranger, ama):
    post(talk, ama)
    before = everything()
    with pytest.raises(NotFound):
        post(talk, stranger)
    with pytest.raises(NotFound):
        move(talk, stranger, 1, 1)
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "message.empty"),
        (" \n\t ", "message.empty"),
        ("\u200b\u200d\u00a0", "message.empty"),
        ("x" * 4001, "message.too_long"),
        ("avant\x00après", "message.control_character"),
        ("avant\x1b[31maprès", "message.control_character"),
        ("avant\x85après", "message.control_character"),
        ("moitié \ud83d", "message.control_character"),
    ],
)
def test_what_is_no_plain_text_is_refused(talk, ama, body, code):
    before = everything()
    with pytest.raises(TextRefused) as refusal:
        post(talk, ama, body)
    assert [item.code for item in refusal.value.errors] == [code]
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("x" * 4000, "x" * 4000),
        ("😀" * 4000, "😀" * 4000),
        ("  ligne 1\r\nligne 2\rligne 3\t! ", "ligne 1\nligne 2\nligne 3\t!"),
        ("ɛ̀nyí nǔ ɖagbe", "ɛ̀nyí nǔ ɖagbe"),
    ],
)
def test_plain_text_is_kept_as_it_was_meant(talk, ama, body, kept):
    assert post(talk, ama, body).message.body == kept


def test_sixty_a_minute_and_no_more(talk, ama, kossi, monkeypatch):
    monkeypatch.setattr("messaging.services.messages.WRITTEN_A_MINUTE", 2)
    client_id = uuid7()
    post(talk, ama, "un", client_id)
    post(talk, ama, "deux")
    before = everything()
    with pytest.raises(RateLimited) as refusal:
        post(talk, ama, "trois")
    assert 0 < refusal.value.retry_after_seconds <= 61
    assert everything() == before
    assert post(talk, ama, "un", client_id).is_new is False, "a repeat costs nothing"
    assert post(talk, kossi, "à moi").is_new, "another person's limit is their own"


def test_what_a_stranger_tries_is_counted_nowhere(talk, stranger, monkeypatch):
    monkeypatch.setattr("messaging.services.messages.WRITTEN_A_MINUTE", 0)
    with pytest.raises(NotFound):
        post(talk, stranger)


def test_a_cursor_moves_on_and_is_told_to_everybody(talk, ama, kossi):
    post(talk, ama)
    post(talk, ama)
    moved = move(talk, kossi, delivered=2, read=1)
    assert (moved.participant.delivered_seq, moved.participant.read_seq) == (2, 1)
    assert set(moved.moved) == {ama.id, kossi.id}
    told = events_after(ama.id, 3)
    assert [event["kind"] for event in told] == ["cursor"]
    assert {
        "person_id": str(kossi.id),
        "delivered_seq": 2,
        "read_seq": 1,
    } in told[
        0
    ]["cursors"]


def test_reading_includes_receiving(talk, ama, kossi):
    post(talk, ama)
    moved = move(talk, kossi, delivered=0, read=1)
    assert (moved.participant.delivered_seq, moved.participant.read_seq) == (1, 1)


def test_a_cursor_that_is_behind_moves_nothing(talk, ama, kossi):
    post(talk, ama)
    move(talk, kossi, delivered=1, read=1)
    before = everything()
    assert move(talk, kossi, delivered=1, read=0).moved == {}
    assert everything() == before


def test_a_cursor_does_not_pass_the_last_message(talk, ama, kossi):
    post(talk, ama)
    moved = move(talk, kossi, delivered=2_000_000_000, read=2_000_000_000)
    assert (moved.participant.delivered_seq, moved.participant.read_seq) == (1, 1)
    assert check_invariants() == []


def test_a_hidden_message_loses_its_words_for_everybody(talk, ama, kossi):
    message = post(talk, ama, "Envoyez 50 000 F avant la visite").message
    case_id = uuid7()
    moved = hide_message(message_id=message.pk, case_id=case_id, now=clock.now())
    assert set(moved) == {ama.id, kossi.id}
    for person in (ama, kossi):
        told = events_after(person.id, 1)
        assert [event["kind"] for event in told] == ["message", "hidden"]
        for event in told:
            assert event["message"]["body"] == ""
            assert event["message"]["is_hidden"] is True
    assert Message.objects.get(pk=message.pk).body.startswith("Envoyez")
    before = everything()
    assert hide_message(message_id=message.pk, case_id=case_id, now=clock.now()) == {}
    assert everything() == before
    assert check_invariants() == []


def test_a_message_whose_hiding_is_taken_back_is_read_again(talk, ama, kossi):
    message = post(talk, ama, "Je passe demain").message
    hide_message(message_id=message.pk, case_id=uuid7(), now=clock.now())
    moved = show_message(message_id=message.pk, actor_id=None, now=clock.now())
    assert set(moved) == {ama.id, kossi.id}
    for person in (ama, kossi):
        told = events_after(person.id, 1)
        assert [event["kind"] for event in told] == [
            "message",
            "hidden",
            "conversation",
        ]
        assert told[0]["message"]["body"] == "Je passe demain"
    before = everything()
    assert show_message(message_id=message.pk, actor_id=None, now=clock.now()) == {}
    assert everything() == before
    assert check_invariants() == []


def test_the_restricted_write_nothing_and_read_on(talk, ama, kossi):
    first = post(talk, ama, "Bonjour")
    User.objects.filter(pk=ama.id).update(is_restricted=True)
    before = everything()
    with pytest.raises(AccountRestricted):
        post(talk, ama, "Payez d’avance")
    assert everything() == before
    assert move(talk, ama, delivered=1, read=1).participant.read_seq == 1
    assert post(talk, kossi, "Oui ?").message.seq == first.message.seq + 1


def test_hiding_what_is_not_there_is_refused(db):
    with pytest.raises(NotFound):
        hide_message(message_id=uuid7(), case_id=uuid7(), now=clock.now())


def test_only_a_decision_to_hide_a_reported_message_hides_one():
    pk = uuid7()
    told = {"subject": f"message:{pk}"}
    assert hidden_message(kind="message_report", decision="hide", **told) == pk
    assert hidden_message(kind="message_report", decision="no_action", **told) is None
    assert hidden_message(kind="listing_report", decision="hide", **told) is None


def test_events_cost_the_same_however_many(
    talk, ama, kossi, django_assert_max_num_queries
):
    for number in range(8):
        post(talk, ama, f"message {number}")
        move(talk, kossi, read=number + 1)
    other = make.about_listing(kossi.user, ama.user)
    post(other, kossi)
    with django_assert_max_num_queries(6):
        told = events_after(kossi.id, 0)
    assert [event["useq"] for event in told] == list(range(1, 20))
    assert events_after(kossi.id, 0, limit=5) == told[:5]
