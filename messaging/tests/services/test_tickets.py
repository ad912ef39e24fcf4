"""Tickets: one socket, one device, half a minute."""

import hashlib
import threading
from datetime import timedelta
from uuid import UUID

import pytest

from lokahome.core import clock
from lokahome.core.errors import RateLimited
from lokahome.core.ids import uuid7
from lokahome.tests.threads import race
from messaging.models import RealtimeTicket
from messaging.queries.events import NO_EPOCH, head_of
from messaging.services import tickets
from messaging.services.tickets import (
    LIFE,
    Redeemed,
    TicketRefused,
    issue_ticket,
    redeem_ticket,
)


def issue(person, now, device_id=None):
    return issue_ticket(session=person.session, device_id=device_id or uuid7(), now=now)


@pytest.mark.django_db
def test_a_ticket_opens_one_socket_of_one_person_on_one_device(ama):
    now, device_id = clock.now(), uuid7()
    issued = issue(ama, now, device_id)
    assert issued.expires_at == now + LIFE
    redeemed = redeem_ticket(token=issued.token, now=now)
    assert (redeemed.person, redeemed.device_id) == (ama.user, device_id)
    assert isinstance(redeemed.device_id, UUID)
    assert RealtimeTicket.objects.get().used_at == now
    with pytest.raises(TicketRefused):
        redeem_ticket(token=issued.token, now=now)


@pytest.mark.django_db
def test_the_token_itself_is_kept_nowhere(ama):
    issued = issue(ama, clock.now())
    [row] = RealtimeTicket.objects.values()
    assert issued.token not in str(row)
    assert row["token_digest"] == hashlib.sha256(issued.token.encode()).hexdigest()
    assert len(issued.token) >= 43, "256 bits: nobody guesses one"


@pytest.mark.django_db
def test_a_ticket_is_good_until_it_expires_and_not_at_that_moment(ama):
    now = clock.now()
    late, just = issue(ama, now), issue(ama, now)
    with pytest.raises(TicketRefused):
        redeem_ticket(token=late.token, now=now + LIFE)
    assert RealtimeTicket.objects.filter(used_at=None).count() == 2
    redeem_ticket(token=just.token, now=now + LIFE - timedelta(milliseconds=1))


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "guess", "x" * 5000, "a\x00b", "\ud83d"])
def test_a_guess_opens_nothing(ama, token):
    issue(ama, clock.now())
    with pytest.raises(TicketRefused):
        redeem_ticket(token=token, now=clock.now())
    assert RealtimeTicket.objects.get().used_at is None


@pytest.mark.django_db
def test_who_may_not_sign_in_opens_no_socket(ama):
    now = clock.now()
    issued = issue(ama, now)
    ama.user.is_active = False
    ama.user.save()
    with pytest.raises(TicketRefused):
        redeem_ticket(token=issued.token, now=now)


@pytest.mark.django_db
def test_a_ticket_gives_its_person_a_log(ama):
    assert head_of(ama.id).epoch == NO_EPOCH
    issue(ama, clock.now())
    epoch = head_of(ama.id).epoch
    assert epoch != NO_EPOCH
    issue(ama, clock.now())
    assert head_of(ama.id).epoch == epoch


@pytest.mark.django_db
def test_old_tickets_go_away_and_new_ones_are_counted(ama, kossi, monkeypatch):
    monkeypatch.setattr(tickets, "ISSUED_A_MINUTE", 2)
    now = clock.now()
    issue(ama, now)
    issue(ama, now)
    with pytest.raises(RateLimited):
        issue(ama, now)
    assert RealtimeTicket.objects.count() == 2
    issue(kossi, now)
    later = now + timedelta(minutes=2)
    issue(ama, later)
    assert RealtimeTicket.objects.filter(person=ama.user).count() == 1
    assert RealtimeTicket.objects.filter(person=kossi.user).count() == 1


def redeem_at_once(ama):
    issued = issue(ama, clock.now())
    return race(8, lambda _: redeem_ticket(token=issued.token, now=clock.now()))


def test_of_eight_sockets_with_one_ticket_one_opens(committed, ama):
    results = redeem_at_once(ama)
    opened = [result for result in results if isinstance(result, Redeemed)]
    assert len(opened) == 1, results
    assert sum(isinstance(result, TicketRefused) for result in results) == 7


def test_control_a_look_and_then_a_mark_open_more(committed, ama, monkeypatch):
    gate = threading.Barrier(8)

    def look_then_mark(*, token, now):
        digest = hashlib.sha256(token.encode()).hexdigest()
        row = RealtimeTicket.objects.get(token_digest=digest, used_at=None)
        gate.wait(30)
        RealtimeTicket.objects.filter(pk=row.pk).update(used_at=now)
        return Redeemed(
            person=row.person, session_id=row.session_id, device_id=row.device_id
        )

    monkeypatch.setitem(globals(), "redeem_ticket", look_then_mark)
    assert all(isinstance(result, Redeemed) for result in redeem_at_once(ama))
