"""Reports of carriers: late, twice, in any order, and of strangers."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.tests.threads import race
from messaging.models import OutgoingMessage
from messaging.services.deliveries import record_delivery

SID = "SM1"


def outgoing(status="sent", transport_id=SID, **values):
    message = OutgoingMessage(
        fact=f"test:{uuid7()}",
        person_id=uuid7(),
        channel="sms",
        template="listing_published",
        status=status,
        transport_id=transport_id if status == "sent" else "",
        sent_at=clock.now() if status == "sent" else None,
        **values,
    )
    message.save()
    return message


def report(status, message=None, sid=SID, error=""):
    return record_delivery(
        message_id=message.pk if message else None,
        gateway_message_id=sid,
        status=status,
        error_code=error,
        now=clock.now(),
    )


def fate(message):
    message.refresh_from_db()
    return message.status, message.delivery, message.delivery_error


def test_an_arrival_is_written_down(db):
    message = outgoing()
    assert report("delivered", message)
    assert fate(message) == ("sent", "delivered", "")
    assert message.delivery_reported_at is not None


def test_a_failure_says_why(db):
    message = outgoing()
    report("undelivered", message, error="30003")
    assert fate(message) == ("sent", "undelivered", "30003")


def test_a_message_is_found_by_the_carrier_s_id_alone(db):
    message = outgoing()
    report("delivered")
    assert fate(message)[1] == "delivered"


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "", "nonsense"])
def test_words_on_the_way_change_nothing(db, status):
    message = outgoing()
    assert not report(status, message)
    assert fate(message) == ("sent", "", "")


def test_a_report_of_a_message_that_we_never_sent_is_harmless(db):
    message = outgoing()
    assert not report("delivered", sid="SM999")
    assert not record_delivery(
        message_id=uuid7(),
        gateway_message_id=SID,
        status="delivered",
        error_code="",
        now=clock.now(),
    )
    assert not report("delivered", sid="")
    assert fate(message) == ("sent", "", "")


def test_the_failure_of_another_copy_says_nothing_of_this_one(db):
    message = outgoing()
    assert not report("undelivered", message, sid="SM2")
    assert report("delivered", message, sid="SM2")
    assert fate(message)[1] == "delivered"


@pytest.mark.parametrize("status", ["queued", "failed", "given_up"])
def test_a_report_proves_that_a_message_left_whose_answer_was_lost(db, status):
    message = outgoing(status=status)
    assert report("sent", message)
    message.refresh_from_db()
    assert (message.status, message.transport_id) == ("sent", SID)
    assert message.sent_at is not None


@pytest.mark.parametrize("word", ["failed", "queued", "canceled"])
def test_what_the_carrier_refused_did_not_leave(db, word):
    message = outgoing(status="failed")
    assert not report(word, message)
    assert fate(message)[0] == "failed"


def test_a_letter_is_no_sms(db):
    message = outgoing()
    OutgoingMessage.objects.filter(pk=message.pk).update(channel="email")
    assert not report("delivered", message)


def test_what_did_not_leave_cannot_have_arrived(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        outgoing(
            status="queued", delivery="delivered", delivery_reported_at=clock.now()
        )


def test_reports_at_once_end_in_one_state(committed):
    message = outgoing()
    words = ["delivered", "undelivered"] * 5
    race(10, lambda index: report(words[index], message))
    assert fate(message)[:2] == ("sent", "delivered")


class AnyOrder(TestCase):
    """Whatever the order and the repeats, the end is the same."""

    @given(
        st.lists(
            st.sampled_from(["sent", "delivered", "undelivered", "failed", "queued"]),
            max_size=12,
        )
    )
    def test_an_arrival_is_never_taken_back(self, words):
        message = outgoing()
        for word in words:
            report(word, message)
        expected = ""
        if {"undelivered", "failed"} & set(words):
            expected = "undelivered"
        if "delivered" in words:
            expected = "delivered"
        assert fate(message)[1] == expected
