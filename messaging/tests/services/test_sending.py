"""Messages leave once, are tried again, and are given up in the end."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import CodeRequest, Phone
from accounts.services.signing_in.codes import request_code
from accounts.services.signing_in.entering import verify_code
from lokahome.core import clock
from lokahome.core.errors import NotAllowed
from lokahome.core.events.delivering import RetryLater, drain
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.tests.threads import race
from messaging.channels.base import CarrierRefused, CarrierUnavailable, SentReference
from messaging.models import CaughtMessage, OutgoingMessage
from messaging.services import sending
from messaging.services.notify import notify, send_code
from messaging.services.resending import request_resend
from messaging.services.sending import CLAIM, MAX_ATTEMPTS, send_message

PHONE = "+2290197000077"


class Carrier:
    """A carrier that does what the test says, and remembers what it was given."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.sent = []

    def send(self, to, text, reference):
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, BaseException):
            raise outcome
        self.sent.append((to, text, reference))
        return SentReference(transport_id=f"carrier-{len(self.sent)}")


@pytest.fixture
def carrier(monkeypatch):
    carrier = Carrier()
    monkeypatch.setattr(sending, "sms_transport", lambda: carrier)
    return carrier


def tell(person, now=None, fact="test:1", **kwargs):
    return notify(
        fact=fact,
        person_id=person.user.pk,
        template="listing_published",
        context_ids={"listing_id": uuid7()},
        now=now or clock.now(),
        **kwargs,
    )


def asked(now=None, **kwargs):
    return request_code(
        phone=PHONE, client_ip="192.0.2.1", now=now or clock.now(), **kwargs
    )


def only_message():
    return OutgoingMessage.objects.get()


def code_in(text):
    return next(word for word in text.replace(".", " ").split() if word.isdecimal())


def test_a_fact_is_told_once_however_often_it_is_notified(ama, carrier):
    tell(ama)
    tell(ama)
    assert len(carrier.sent) == 1
    message = only_message()
    assert (message.status, message.attempts) == ("sent", 1)
    assert message.transport_id == "carrier-1"


def test_two_people_are_told_one_fact_each(ama, kossi, carrier):
    tell(ama)
    tell(kossi)
    assert [to for to, *_ in carrier.sent] == [ama.user.phone, kossi.user.phone]


def test_a_message_holds_neither_number_nor_name_nor_text(ama, carrier):
    tell(ama)
    _to, text, _reference = carrier.sent[0]
    row = {
        field.attname: str(getattr(only_message(), field.attname))
        for field in OutgoingMessage._meta.fields
    }
    joined = " ".join(row.values())
    for secret in (ama.user.phone, ama.user.full_name, text):
        assert secret not in joined


def test_an_english_reader_is_told_in_english(ama, carrier):
    ama.user.language = "en"
    ama.user.save(update_fields={"language"})
    tell(ama)
    assert "your listing" in carrier.sent[0][1]


def test_who_has_no_number_is_given_up_at_once(ama, carrier):
    Phone.objects.update(released_at=clock.now())
    tell(ama)
    message = only_message()
    assert (message.status, message.last_error) == ("given_up", "no_phone")
    assert carrier.sent == []


def test_an_unknown_template_is_a_fault_of_ours_and_stores_nothing(ama, carrier):
    with pytest.raises(KeyError):
        notify(
            fact="x",
            person_id=ama.user.pk,
            template="no",
            context_ids={},
            now=clock.now(),
        )
    assert not OutgoingMessage.objects.exists()


def test_a_carrier_that_does_not_answer_is_asked_again(ama, carrier):
    carrier.outcomes = [CarrierUnavailable(), None]
    with pytest.raises(RetryLater) as wish:
        tell(ama)
    assert wish.value.seconds == 2
    message = only_message()
    assert (message.status, message.claimed_until) == ("failed", None)
    tell(ama)
    assert only_message().status == "sent"
    assert len(carrier.sent) == 1


def test_after_ten_tries_a_message_is_given_up(ama, carrier):
    carrier.outcomes = [CarrierUnavailable()] * MAX_ATTEMPTS
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(RetryLater):
            tell(ama)
    tell(ama)
    message = only_message()
    assert (message.status, message.attempts) == ("given_up", MAX_ATTEMPTS)
    tell(ama)
    assert carrier.sent == []


def test_a_refused_message_is_not_tried_again(ama, carrier):
    carrier.outcomes = [CarrierRefused("blocked")]
    tell(ama)
    tell(ama)
    assert (only_message().status, only_message().last_error) == ("given_up", "blocked")


def test_a_sender_that_died_is_replaced_when_its_claim_ends(ama, carrier):
    now = clock.now()
    carrier.outcomes = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        tell(ama, now=now)
    with pytest.raises(RetryLater):
        tell(ama, now=now + CLAIM - timedelta(seconds=1))
    assert carrier.sent == []
    tell(ama, now=now + CLAIM)
    assert only_message().status == "sent"


def test_the_code_leaves_when_it_is_asked_for_and_opens_the_door(db):
    request = asked()
    assert drain() == 1
    caught = CaughtMessage.objects.get()
    assert caught.to == PHONE
    person, created, *_ = verify_code(
        request_id=request.pk, code=code_in(caught.text), now=clock.now()
    )
    assert created
    assert person.phone == PHONE


def test_the_code_is_written_down_in_the_caught_message_and_nowhere_else(db):
    asked()
    drain()
    code = code_in(CaughtMessage.objects.get().text)
    for model in (OutgoingMessage, CodeRequest, OutboxEvent, Delivery):
        for row in model.objects.values():
            assert code not in {str(value) for value in row.values()}, model
    assert PHONE not in str(list(OutgoingMessage.objects.values()))


def test_a_code_is_told_in_the_askers_language(db, carrier):
    send_code(request_id=asked(language="en").pk, now=clock.now())
    assert " to sign in. Valid" in carrier.sent[0][1]


def test_a_code_that_could_not_leave_is_minted_anew(db, carrier):
    carrier.outcomes = [CarrierUnavailable(), None]
    request = asked()
    with pytest.raises(RetryLater):
        send_code(request_id=request.pk, now=clock.now())
    request.refresh_from_db()
    lost = request.code_hash
    send_code(request_id=request.pk, now=clock.now())
    request.refresh_from_db()
    assert request.code_hash != lost
    verify_code(
        request_id=request.pk, code=code_in(carrier.sent[0][1]), now=clock.now()
    )


def test_a_sent_code_is_never_minted_again(db, carrier):
    request = asked()
    send_code(request_id=request.pk, now=clock.now())
    send_code(request_id=request.pk, now=clock.now())
    assert len(carrier.sent) == 1


def test_a_code_whose_time_is_over_is_given_up(db, carrier):
    now = clock.now()
    request = asked(now=now - timedelta(minutes=10))
    send_code(request_id=request.pk, now=now)
    assert (only_message().status, only_message().last_error) == (
        "given_up",
        "too_late",
    )
    assert carrier.sent == []


def test_a_dead_carrier_keeps_the_delivery_waiting_and_parks_nothing(db, carrier):
    carrier.outcomes = [CarrierUnavailable()]
    asked()
    drain()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("waiting", 0)


def test_a_message_has_one_recipient(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMessage(fact="x", channel="sms", template="code").save()


def test_staff_send_a_stuck_message_again(ama, operator, carrier):
    carrier.outcomes = [CarrierRefused("blocked")]
    tell(ama)
    request_resend(
        message_id=only_message().pk,
        actor=operator.user,
        reason="Débloqué",
        now=clock.now(),
    )
    drain()
    assert only_message().status == "sent"


@pytest.mark.parametrize("who", ["ama", "moderator"])
def test_others_send_nothing_again(request, ama, carrier, who):
    carrier.outcomes = [CarrierRefused("blocked")]
    tell(ama)
    message = only_message()
    with pytest.raises(NotAllowed):
        request_resend(
            message_id=message.pk,
            actor=request.getfixturevalue(who).user,
            reason="x",
            now=clock.now(),
        )
    message.refresh_from_db()
    assert message.status == "given_up"


# --- Races --------------------------------------------------------------------------------


def test_one_fact_notified_twenty_times_at_once_is_one_sms(committed, ama, carrier):
    results = race(20, lambda _: tell(ama))
    assert len(carrier.sent) == 1
    assert OutgoingMessage.objects.count() == 1
    refused = [item for item in results if isinstance(item, BaseException)]
    assert all(isinstance(item, RetryLater) for item in refused)


def test_control_without_the_claim_one_message_is_sent_more_than_once(
    committed, ama, carrier, monkeypatch
):
    """The race above is real: senders that do not claim all hand the message over."""
    message = OutgoingMessage(
        fact="x",
        person_id=ama.user.pk,
        channel="sms",
        template="listing_published",
        context_ids={"listing_id": str(uuid7())},
    )
    message.save()
    monkeypatch.setattr(sending, "_claim", lambda *_: True)
    race(20, lambda _: send_message(message_id=message.pk, now=clock.now()))
    assert len(carrier.sent) > 1


def test_two_deliveries_of_one_code_request_send_one_code(committed, carrier):
    request = asked()
    race(10, lambda _: send_code(request_id=request.pk, now=clock.now()))
    assert len(carrier.sent) == 1
    verify_code(
        request_id=request.pk, code=code_in(carrier.sent[0][1]), now=clock.now()
    )
