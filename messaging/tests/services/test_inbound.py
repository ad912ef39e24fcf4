"""SMS that people send: answers, stops, strangers; each once."""

from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.events.delivering import RetryLater, drain
from lokahome.tests.threads import race
from messaging.models import (
    InboundSms,
    Message,
    Notification,
    NotificationPreference,
    OutgoingMessage,
    PersonEvent,
)
from messaging.services import inbound, ringing
from messaging.services.inbound import (
    KEPT,
    command_of,
    erase_old_sms,
    follow_sms,
    receive_sms,
)
from messaging.services.notify import notify
from messaging.services.preferences import wishes_of
from messaging.tests import factories as make


def arrives(text, sender="+2290197000001", sid="SM1", now=None):
    return receive_sms(
        gateway="twilio",
        gateway_message_id=sid,
        sender=sender,
        text=text,
        now=now or clock.now(),
    )


def nudge(person, conversation, sender, now=None):
    notify(
        fact=f"messaging.unread:conversation:{conversation.pk}:1",
        person_id=person.id,
        template="unread_messages",
        context_ids={"conversation_id": conversation.pk, "sender_id": sender.id},
        now=now or clock.now(),
    )


@pytest.fixture
def nudged(ama, kossi):
    """Ama asked Kossi about a home, he answered, and an SMS told her so."""
    conversation = make.about_listing(kossi.user, ama.user)
    make.say(conversation, kossi.user)
    nudge(ama, conversation, kossi)
    return conversation


def outcome(sid="SM1"):
    return InboundSms.objects.get(gateway_message_id=sid).outcome


def test_an_answer_to_a_nudge_is_put_into_its_conversation(ama, nudged):
    assert arrives("Oui, demain à 9 h")
    drain()
    message = Message.objects.get(conversation=nudged, seq=2)
    assert (message.sender, message.body) == (ama.user, "Oui, demain à 9 h")
    row = InboundSms.objects.get()
    assert (row.outcome, row.person, row.conversation) == ("posted", ama.user, nudged)
    assert row.handled_at is not None
    assert PersonEvent.objects.filter(seq=2, kind="message").count() == 2


def test_the_same_sms_handed_over_again_is_one_message(ama, nudged):
    assert arrives("Oui")
    assert not arrives("Oui")
    drain()
    drain()
    assert Message.objects.filter(sender=ama.user).count() == 1


def test_an_sms_that_was_followed_by_halves_is_followed_to_the_end_once(ama, nudged):
    arrives("Oui")
    row = InboundSms.objects.get()
    follow_sms(inbound_id=row.pk, now=clock.now())
    InboundSms.objects.update(outcome="waiting", handled_at=None, conversation=None)
    follow_sms(inbound_id=row.pk, now=clock.now())
    assert Message.objects.filter(sender=ama.user).count() == 1
    assert outcome() == "posted"


def test_an_sms_that_may_answer_two_conversations_is_put_into_neither(
    ama, kossi, nudged
):
    other = make.about_listing(kossi.user, ama.user)
    make.say(other, kossi.user)
    nudge(ama, other, kossi)
    arrives("Merci")
    drain()
    assert not Message.objects.filter(sender=ama.user).exists()
    row = InboundSms.objects.get()
    assert (row.outcome, row.reason) == ("refused", "several_conversations")
    assert OutgoingMessage.objects.filter(template="sms_unplaced").count() == 1


def test_words_that_no_sms_told_of_are_not_what_an_sms_answers(
    ama, kossi, nudged, monkeypatch
):
    monkeypatch.setattr(ringing, "SMS_A_DAY", 1)
    other = make.about_listing(kossi.user, ama.user)
    make.say(other, kossi.user)
    nudge(ama, other, kossi)
    assert OutgoingMessage.objects.filter(template="unread_messages").count() == 1
    arrives("Merci Kossi")
    drain()
    assert Message.objects.get(sender=ama.user).conversation == nudged


def test_an_sms_long_after_a_nudge_answers_nothing(ama, nudged):
    Notification.objects.update(created_at=clock.now() - timedelta(hours=49))
    arrives("Oui")
    drain()
    assert outcome() == "no_conversation"
    assert not Message.objects.filter(sender=ama.user).exists()


def test_another_person_s_nudge_is_not_one_s_own(kossi, nudged):
    arrives("Oui", sender=kossi.user.phone)
    drain()
    assert outcome() == "no_conversation"


@pytest.mark.parametrize("sender", ["+2290197999999", "+33612345678", "LOKAHOME", ""])
def test_a_stranger_s_sms_is_kept_and_nothing_else_happens(db, sender):
    arrives("Oui", sender=sender)
    drain()
    row = InboundSms.objects.get()
    assert (row.outcome, row.person_id) == ("unknown_number", None)
    assert not Message.objects.exists()
    assert not OutgoingMessage.objects.exists()
    assert not Notification.objects.exists()


def test_a_number_that_was_given_back_is_a_stranger_s(ama, nudged):
    ama.user.phones.update(released_at=clock.now())
    arrives("Oui")
    drain()
    assert outcome() == "unknown_number"


def test_words_that_cannot_be_posted_are_refused_and_kept(ama, nudged):
    arrives("   ")
    drain()
    assert outcome() == "refused"
    assert InboundSms.objects.get().reason
    assert not Message.objects.filter(sender=ama.user).exists()


def test_who_writes_too_fast_is_heard_a_little_later(ama, nudged, monkeypatch):
    def too_fast(**_):
        raise RateLimited(retry_after_seconds=7)

    arrives("Oui")
    row = InboundSms.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "post_message", too_fast)
        with pytest.raises(RetryLater) as wish:
            follow_sms(inbound_id=row.pk, now=clock.now())
    assert wish.value.seconds == 7
    assert outcome() == "waiting"
    drain()
    assert outcome() == "posted"


# --- STOP ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["STOP", " stop. ", "Arrêt", "ARRET", "arrêter", "Quit"]
)
def test_stop_turns_sms_off_and_says_so_in_the_app(ama, nudged, text):
    arrives(text)
    drain()
    assert outcome() == "stopped"
    assert not any(wish.sms for wish in wishes_of(ama.id).topics.values())
    assert Notification.objects.filter(template="sms_stopped").count() == 1
    assert not Message.objects.filter(sender=ama.user).exists()


def test_start_turns_them_on_again(ama):
    arrives("STOP")
    arrives("start", sid="SM2")
    drain()
    assert outcome("SM2") == "started"
    assert all(wish.sms for wish in wishes_of(ama.id).topics.values())


@pytest.mark.parametrize("text", ["Stop ça tout de suite", "non stop", "stopper", ""])
def test_a_sentence_is_no_command(text):
    assert command_of(text) not in inbound.STOP | inbound.START


def test_a_stranger_s_stop_stops_nobody(ama, db):
    arrives("STOP", sender="+2290197999999")
    drain()
    assert not NotificationPreference.objects.exists()


# --- Keeping ------------------------------------------------------------------------------


def test_old_sms_are_emptied_and_keep_what_became_of_them(ama, nudged):
    arrives("Oui")
    arrives("Non", sid="SM2")
    drain()
    now = clock.now()
    InboundSms.objects.filter(gateway_message_id="SM1").update(
        created_at=now - KEPT - timedelta(days=1)
    )
    assert erase_old_sms(now=now) == 1
    assert erase_old_sms(now=now) == 0
    row = InboundSms.objects.get(gateway_message_id="SM1")
    assert (row.sender, row.text, row.outcome) == ("", "", "posted")
    assert InboundSms.objects.get(gateway_message_id="SM2").text == "Non"


def test_a_nul_and_a_novel_are_cut(db):
    arrives("a\x00b" + "c" * 2000)
    text = InboundSms.objects.get().text
    assert text.startswith("abc")
    assert len(text) == 1600


# --- Races --------------------------------------------------------------------------------


def test_one_sms_handed_over_ten_times_at_once_is_one_message(committed, ama, kossi):
    conversation = make.about_listing(kossi.user, ama.user)
    make.say(conversation, kossi.user)
    nudge(ama, conversation, kossi)
    results = race(10, lambda _: arrives("Oui"))
    assert sorted(results, key=bool) == [False] * 9 + [True]
    row = InboundSms.objects.get()
    race(5, lambda _: follow_sms(inbound_id=row.pk, now=clock.now()))
    assert Message.objects.filter(sender=ama.user).count() == 1
    assert outcome() == "posted"


def test_control_without_one_name_an_sms_is_two_messages(
    committed, ama, kossi, monkeypatch
):
    """The once above is the client id's, made of the SMS: a fresh one posts again."""
    conversation = make.about_listing(kossi.user, ama.user)
    make.say(conversation, kossi.user)
    nudge(ama, conversation, kossi)
    arrives("Oui")
    row = InboundSms.objects.get()
    from uuid import uuid4

    monkeypatch.setattr(inbound.uuid, "uuid5", lambda *_: uuid4())
    race(5, lambda _: follow_sms(inbound_id=row.pk, now=clock.now()))
    assert Message.objects.filter(sender=ama.user).count() > 1
