"""One SMS for words that nobody fetched: after ten minutes, once in thirty, by day."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lokahome.core import clock
from lokahome.tests.threads import race
from messaging.models import CaughtMessage, Notification, Participant
from messaging.queries.unread import waiting_since
from messaging.services import nudging
from messaging.services.messages import move_cursor
from messaging.services.nudging import nudge_unread
from messaging.services.preferences import change_wishes
from messaging.tests import factories as make

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def frozen():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def talk(frozen, ama, kossi):
    """Ama has written to Kossi at noon."""
    conversation = make.about_listing(kossi.user, ama.user)
    make.say(conversation, ama.user, "Bonjour, est-ce libre ?")
    return conversation


def after(**passed):
    return nudge_unread(now=NOON + timedelta(**passed))


def nudges():
    return [row.to for row in CaughtMessage.objects.filter(text__contains="écrit")]


def later(frozen, **passed):
    frozen.move_to(NOON + timedelta(**passed))


def test_who_fetched_nothing_for_ten_minutes_gets_one_sms(talk, ama, kossi):
    assert after(minutes=9, seconds=59) == 0
    assert after(minutes=10) == 1
    assert nudges() == [kossi.user.phone]
    text = CaughtMessage.objects.get().text
    assert ama.user.full_name in text
    assert "est-ce libre" not in text


def test_the_same_words_are_told_once(talk):
    after(minutes=10)
    assert after(minutes=11) == 0
    assert after(hours=3) == 0
    assert len(nudges()) == 1


def test_newer_words_are_told_again_thirty_minutes_later_at_the_earliest(
    talk, ama, frozen
):
    after(minutes=10)
    later(frozen, minutes=12)
    make.say(talk, ama.user, "Toujours là ?")
    assert after(minutes=22) == 0
    assert after(minutes=39, seconds=59) == 0
    assert after(minutes=40, seconds=1) == 1
    assert len(nudges()) == 2


def test_who_has_the_words_on_a_device_gets_none(talk, kossi):
    move_cursor(conversation_id=talk.pk, person=kossi.user, delivered_seq=1, read_seq=0)
    assert after(minutes=10) == 0


def test_one_s_own_words_wait_for_nobody(talk, ama):
    after(minutes=10)
    assert ama.user.phone not in nudges()


def test_a_muted_conversation_says_nothing(talk, kossi):
    Participant.objects.filter(person=kossi.user).update(muted=True)
    assert after(minutes=10) == 0


def test_old_words_are_no_news(talk):
    assert after(hours=24, minutes=11) == 0


def test_who_wants_no_sms_about_words_gets_none(talk, kossi):
    change_wishes(person_id=kossi.id, changes={"words": {"sms": False}})
    assert after(minutes=10) == 0
    assert not Notification.objects.filter(template="unread_messages").exists()


def test_at_night_nobody_is_woken_and_the_morning_tells(talk, frozen, ama, settings):
    settings.QUIET_HOURS = "21:00-07:00"
    later(frozen, hours=9)
    make.say(talk, ama.user, "Bonsoir")
    assert after(hours=9, minutes=10) == 0
    assert after(hours=18, minutes=59) == 0
    assert after(hours=19) == 1


def test_those_who_were_told_or_want_nothing_take_nobody_s_place(
    talk, ama, kossi, afi, frozen, monkeypatch
):
    monkeypatch.setattr(nudging, "BATCH", 1)
    later(frozen, seconds=1)
    make.say(make.about_listing(kossi.user, afi.user), afi.user)
    assert [after(minutes=11), after(minutes=12), after(minutes=13)] == [1, 1, 0]
    change_wishes(person_id=kossi.id, changes={"words": {"sms": False}})
    later(frozen, minutes=1)
    make.say(talk, ama.user, "Toujours là ?")
    make.say(talk, kossi.user, "Oui")
    assert after(minutes=45) == 1
    assert nudges()[-1] == ama.user.phone


def test_two_conversations_are_two_facts(talk, kossi, afi):
    other = make.about_listing(kossi.user, afi.user)
    make.say(other, afi.user)
    assert after(minutes=10) == 2
    assert nudges() == [kossi.user.phone] * 2


def test_ten_runs_at_once_send_one_sms(committed, ama, kossi):
    with time_machine.travel(NOON, tick=False):
        conversation = make.about_listing(kossi.user, ama.user)
        make.say(conversation, ama.user)
        race(10, lambda _: after(minutes=10))
    assert len(nudges()) == 1


def test_looking_costs_the_same_for_many_conversations(frozen, ama, kossi, afi):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            found = waiting_since(clock.now() + timedelta(minutes=1), limit=500)
        return len(seen), len(found)

    make.say(make.about_listing(kossi.user, ama.user), ama.user)
    one = cost()
    for _ in range(4):
        make.say(make.about_listing(kossi.user, ama.user), ama.user)
    many = cost()
    assert (one[1], many[1]) == (1, 5)
    assert one[0] == many[0]
