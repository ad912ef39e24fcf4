"""One fact: in the app at once, by each channel once, and not at night if it can wait."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.models import Email
from accounts.services.people.email_addresses import claim_email
from lokahome.core import clock
from lokahome.core.events.delivering import RetryLater, drain
from lokahome.core.ids import uuid7
from lokahome.tests.threads import race
from messaging.models import (
    CaughtMessage,
    Notification,
    NotificationPreference,
    OutgoingMessage,
)
from messaging.services import notify as notifying
from messaging.services import ringing, transports
from messaging.services.held import send_held
from messaging.services.notify import notify
from messaging.services.preferences import change_wishes, silence_sms, wishes_of

NIGHT = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
WAITS, URGENT, SILENT, MAILED = (
    "listing_published",
    "ticket_opened",
    "quote_declined",
    "lease_active",
)


def tell(person, template=WAITS, fact="test:1", now=None):
    ids = {
        name: uuid7()
        for name in (
            "listing_id",
            "ticket_id",
            "opened_by_id",
            "request_id",
            "lease_id",
        )
    }
    return notify(
        fact=fact,
        person_id=person.id,
        template=template,
        context_ids=ids,
        now=now or clock.now(),
    )


def address_of(person, address="ama@example.org"):
    now = clock.now()
    Email(
        user=person.user,
        address=address,
        code_hash="0" * 64,
        minted_at=now,
        expires_at=now,
        verified_at=now,
    ).save()


def channels():
    return sorted(OutgoingMessage.objects.values_list("channel", "status"))


def test_a_fact_is_in_the_app_and_leaves_by_sms(ama):
    row = tell(ama)
    assert (row.person_id, row.template, row.read_at) == (ama.id, WAITS, None)
    message = OutgoingMessage.objects.get()
    assert message.notification == row
    assert channels() == [("sms", "sent")]


def test_some_facts_are_told_in_the_app_alone(ama):
    tell(ama, SILENT)
    assert Notification.objects.count() == 1
    assert channels() == []


def test_a_letter_goes_to_who_has_an_address(ama, kossi):
    address_of(ama)
    tell(ama, MAILED)
    tell(kossi, MAILED)
    assert channels() == [("email", "sent"), ("sms", "sent"), ("sms", "sent")]
    (letter,) = mail.outbox
    assert letter.to == ["ama@example.org"]
    assert letter.subject == "Bail signé"
    assert "signé par les deux parties" in letter.body
    row = OutgoingMessage.objects.get(channel="email")
    assert row.transport_id == letter.extra_headers["Message-ID"]
    assert str(row.pk) in row.transport_id


def test_nobody_is_told_nothing(db):
    told = notify(
        fact="x",
        person_id=uuid7(),
        template=WAITS,
        context_ids={},
        now=clock.now(),
    )
    assert told is None
    assert not Notification.objects.exists()
    assert not OutgoingMessage.objects.exists()


def test_a_row_holds_no_name_no_number_and_no_text(ama):
    tell(ama)
    row = str(list(Notification.objects.values()))
    assert ama.user.phone not in row
    assert "Ama" not in row
    assert "en ligne" not in row


# --- Preferences ------------------------------------------------------------------------


def test_who_wants_no_sms_gets_none_and_sees_it_in_the_app(ama):
    change_wishes(person_id=ama.id, changes={"homes": {"sms": False}})
    tell(ama)
    assert Notification.objects.count() == 1
    assert channels() == []


def test_a_wish_is_about_one_topic_and_one_person(ama, kossi):
    address_of(ama)
    change_wishes(person_id=ama.id, changes={"money": {"sms": False, "email": False}})
    tell(ama, MAILED)
    tell(kossi)
    assert channels() == [("email", "sent"), ("sms", "sent"), ("sms", "sent")]


def test_who_is_told_in_a_loop_has_few_sms_and_everything_in_the_app(
    ama, kossi, monkeypatch
):
    monkeypatch.setattr(ringing, "SMS_A_DAY", 2)
    for number in range(4):
        tell(ama, fact=f"test:{number}")
    assert channels() == [("sms", "sent")] * 2
    assert Notification.objects.count() == 4
    tell(ama, "quote_accepted", fact="test:another topic")
    tell(kossi, fact="test:another person")
    tell(ama, fact="test:tomorrow", now=clock.now() + timedelta(days=1, minutes=1))
    assert len(channels()) == 5


def test_money_is_told_however_often_it_moves(ama, monkeypatch):
    monkeypatch.setattr(ringing, "SMS_A_DAY", 0)
    for number in range(3):
        tell(ama, "payout_sent", fact=f"test:{number}")
    assert len(channels()) == 3


def test_a_wish_that_changes_nothing_writes_nothing(ama):
    change_wishes(person_id=ama.id, changes={"homes": {"sms": True}})
    assert not NotificationPreference.objects.exists()
    first = change_wishes(person_id=ama.id, changes={"homes": {"sms": False}})
    again = change_wishes(person_id=ama.id, changes={"homes": {"sms": False}})
    assert first == again


def test_silence_is_of_every_topic_and_leaves_letters(ama):
    silence_sms(person_id=ama.id)
    wishes = wishes_of(ama.id)
    assert {wish.sms for wish in wishes.topics.values()} == {False}
    assert {wish.email for wish in wishes.topics.values()} == {True}


def test_a_wish_that_comes_after_the_fact_does_not_take_the_message_back(ama):
    tell(ama)
    silence_sms(person_id=ama.id)
    tell(ama)
    assert channels() == [("sms", "sent")]


# --- Quiet hours --------------------------------------------------------------------------


@pytest.fixture
def quiet(settings):
    settings.QUIET_HOURS = "21:00-07:00"


def test_what_can_wait_waits_for_the_morning(ama, quiet):
    tell(ama, now=NIGHT)
    tell(ama, now=NIGHT + timedelta(minutes=5))
    message = OutgoingMessage.objects.get()
    assert (message.status, message.not_before) == ("queued", MORNING)
    assert Notification.objects.count() == 1
    assert send_held(now=MORNING - timedelta(seconds=1)) == 0
    assert send_held(now=MORNING) == 1
    assert send_held(now=MORNING) == 0
    assert CaughtMessage.objects.count() == 1


def test_what_is_urgent_leaves_at_once(ama, quiet):
    tell(ama, URGENT, now=NIGHT)
    assert channels() == [("sms", "sent")]


def test_letters_wait_like_everything_else(ama, quiet):
    address_of(ama)
    tell(ama, MAILED, now=NIGHT)
    assert channels() == [("email", "queued"), ("sms", "queued")]
    assert send_held(now=MORNING) == 2
    assert channels() == [("email", "sent"), ("sms", "sent")]


def test_a_carrier_that_is_away_in_the_morning_ends_the_run_and_is_asked_again(
    ama, kossi, quiet, settings
):
    tell(ama, now=NIGHT)
    tell(kossi, now=NIGHT)
    settings.SMS_TRANSPORT = "none"
    assert send_held(now=MORNING) == 0
    assert channels() == [("sms", "failed"), ("sms", "queued")]
    settings.SMS_TRANSPORT = "caught"
    assert send_held(now=MORNING + timedelta(minutes=1)) == 2


def test_only_a_fact_is_held(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMessage(
            fact="x",
            code_request_id=uuid7(),
            channel="sms",
            template="code",
            not_before=MORNING,
        ).save()


# --- Letters ------------------------------------------------------------------------------


def test_the_code_that_proves_an_address_goes_there_and_is_kept_nowhere(ama):
    claim = claim_email(session=ama.session, address="Ama@Example.org", now=clock.now())
    drain()
    (letter,) = mail.outbox
    assert letter.to == ["ama@example.org"]
    code = next(
        word for word in letter.body.replace(".", " ").split() if word.isdecimal()
    )
    row = OutgoingMessage.objects.get()
    assert (row.channel, row.status, row.email_id) == ("email", "sent", claim.pk)
    assert code not in str(list(OutgoingMessage.objects.values()))


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (
            smtplib.SMTPRecipientsRefused({"a": (550, b"no such box")}),
            "given_up",
            "smtp_550",
        ),
        (
            smtplib.SMTPRecipientsRefused({"a": (450, b"later")}),
            "failed",
            "unavailable",
        ),
        (smtplib.SMTPServerDisconnected("gone"), "failed", "unavailable"),
        (ConnectionRefusedError(), "failed", "unavailable"),
    ],
)
def test_a_mail_server_says_no_or_not_now(ama, monkeypatch, error, status, why):
    address_of(ama)
    silence_sms(person_id=ama.id)

    def refuse(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(transports.EmailMessage, "send", refuse)
    if status == "failed":
        with pytest.raises(RetryLater):
            tell(ama, MAILED)
    else:
        tell(ama, MAILED)
    row = OutgoingMessage.objects.get()
    assert (row.status, row.last_error) == (status, why)


def test_an_address_that_no_header_holds_is_given_up_and_not_tried_for_ever(ama):
    """Such an address is refused today; a row of yesterday may still hold one."""
    claim_email(session=ama.session, address="a@example.com", now=clock.now())
    Email.objects.update(address=f"a@{'ä' * 60}.com")
    drain()
    row = OutgoingMessage.objects.get()
    assert (row.status, row.last_error) == ("given_up", "address")


def test_one_carrier_that_is_away_does_not_keep_the_other(ama, settings):
    address_of(ama)
    settings.SMS_TRANSPORT = "none"
    with pytest.raises(RetryLater):
        tell(ama, MAILED)
    assert channels() == [("email", "sent"), ("sms", "failed")]


# --- Races --------------------------------------------------------------------------------


def test_one_fact_told_twenty_times_at_once_is_one_row_and_one_message_a_channel(
    committed, ama
):
    address_of(ama)
    results = race(20, lambda _: tell(ama, MAILED))
    assert Notification.objects.count() == 1
    assert channels() == [("email", "sent"), ("sms", "sent")]
    assert CaughtMessage.objects.count() == 1
    assert len(mail.outbox) == 1
    refused = [item for item in results if isinstance(item, BaseException)]
    assert all(isinstance(item, RetryLater) for item in refused)


def test_control_who_does_not_ask_who_made_the_row_chooses_its_channels_again(
    committed, ama, monkeypatch
):
    """The race above is real: the second barrier, of the messages, is then run into."""
    monkeypatch.setattr(notifying, "_is_ours", lambda *_: True)
    results = race(8, lambda _: tell(ama))
    assert any(isinstance(item, IntegrityError) for item in results)
    assert CaughtMessage.objects.count() == 1


def test_two_runs_of_the_morning_send_each_message_once(committed, ama, kossi, quiet):
    tell(ama, now=NIGHT)
    tell(kossi, now=NIGHT)
    race(8, lambda _: send_held(now=MORNING))
    send_held(now=MORNING)
    assert CaughtMessage.objects.count() == 2
