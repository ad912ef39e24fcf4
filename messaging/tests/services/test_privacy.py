"""What somebody leaves behind in words: what stays with the others, what goes."""

from __future__ import annotations

import pytest

from accounts.models import User
from lokahome.core import clock
from lokahome.core.privacy.copying import copy_of
from lokahome.core.privacy.erasing import empty_rows
from messaging.models import (
    CaughtMessage,
    InboundSms,
    Message,
    Notification,
    OutgoingMessage,
)
from messaging.services.notify import notify
from messaging.tests import factories as words
from properties.tests import factories as homes


@pytest.fixture
def talk(db):
    """Return a conversation between an owner and somebody who asks."""
    owner, seeker = homes.landlord(), homes.tenant()
    conversation = words.about_listing(owner, seeker)
    words.say(conversation, seeker, "Est-ce libre ?")
    return conversation, owner, seeker


def test_a_copy_shows_what_one_wrote_and_not_what_others_did(talk):
    conversation, owner, seeker = talk
    words.say(conversation, owner, "Oui, passez demain.")
    rows = copy_of(seeker.pk)["messaging.message"]["rows"]
    assert [row["body"] for row in rows] == ["Est-ce libre ?"]


def test_what_was_written_to_others_stays_theirs(talk):
    _conversation, owner, seeker = talk
    empty_rows(seeker.pk, now=clock.now())
    assert Message.objects.get().body == "Est-ce libre ?"
    assert copy_of(owner.pk)["messaging.participant"]["rows"]


def test_what_one_was_told_and_by_which_number_goes(talk):
    _conversation, owner, seeker = talk
    number = seeker.phone
    for person in (owner, seeker):
        notify(
            fact="tests.fact:thing:1",
            person_id=person.pk,
            template="sms_stopped",
            context_ids={},
            now=clock.now(),
        )
    CaughtMessage(channel="sms", to=number, text="LOKAHOME : 123456").save()
    InboundSms(
        gateway="twilio",
        gateway_message_id="1",
        sender=number,
        text="Oui",
        outcome="unknown_number",
        handled_at=clock.now(),
    ).save()
    empty_rows(seeker.pk, now=clock.now())
    assert not Notification.objects.filter(person=seeker).exists()
    assert Notification.objects.filter(person=owner).exists()
    assert not OutgoingMessage.objects.filter(person_id=seeker.pk).exists()
    assert not CaughtMessage.objects.exists()
    sms = InboundSms.objects.get()
    assert (sms.sender, sms.text) == ("", "")
    assert sms.erased_at is not None


def test_others_read_that_the_account_is_gone(talk):

    _conversation, _owner, seeker = talk
    User.objects.filter(pk=seeker.pk).update(is_active=False, full_name="")
    User.objects.filter(pk=seeker.pk).update(erased_at=clock.now())
    assert str(User.objects.get(pk=seeker.pk)) == "Compte effacé"
