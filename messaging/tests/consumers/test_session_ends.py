"""A socket lives as long as the session it was opened from, and no longer."""

from __future__ import annotations

import pytest

from accounts.api.tokens import issue_tokens
from accounts.models import Session
from accounts.services.signing_in.sessions import end_session, end_sessions
from lokahome.core import clock
from messaging.consumers import hub as hubs
from messaging.consumers.pace import Pace, pace
from messaging.consumers.watch import look_once
from messaging.services.tickets import TicketRefused, issue_ticket, redeem_ticket
from messaging.tests.consumers.phones import Phone, ask

SIGN_IN = 4401


class SignedInPhone(Phone):
    """A phone with a session of its own."""

    def sign_in(self) -> Session:
        """Open the session of this phone."""
        issue_tokens(self.person)
        self.session = Session.objects.filter(user=self.person).latest("id")
        return self.session

    async def ticket(self) -> str:
        """Return a new ticket of this phone's session."""
        issued = await ask(
            issue_ticket,
            session=self.session,
            device_id=self.device_id,
            now=clock.now(),
        )
        return str(issued.token)


async def online(person) -> SignedInPhone:
    phone = SignedInPhone(person.user)
    await ask(phone.sign_in)
    await phone.online()
    return phone


async def test_the_socket_of_an_ended_session_is_closed_and_no_other(room, ama):
    lost, kept = await online(ama), await online(ama)
    await ask(
        end_session,
        session_id=lost.session.pk,
        user_id=ama.id,
        reason="revoked",
        now=clock.now(),
    )
    await look_once(hubs.hub_of(pace()))
    assert await lost.closed() == SIGN_IN
    assert lost.frames[-1]["problem"]["code"] == "auth.required"
    assert (await kept.say(room, "Toujours là"))["type"] == "ack"
    await lost.leave()
    await kept.leave()


@pytest.mark.parametrize(
    "reason", ["everywhere", "password_changed", "phone_changed", "suspended"]
)
async def test_whatever_ends_sessions_ends_their_sockets(room, ama, kossi, reason):
    phones = [await online(ama), await online(ama)]
    other = await online(kossi)
    await ask(end_sessions, user_id=ama.id, reason=reason, now=clock.now())
    await look_once(hubs.hub_of(pace()))
    for phone in phones:
        assert await phone.closed() == SIGN_IN
        await phone.leave()
    assert (await other.say(room, "Encore là"))["type"] == "ack"
    await other.leave()


async def test_a_new_ticket_carries_the_socket_over_to_another_session(room, ama):
    """Who signs in again on an open socket stays when the old session ends."""
    phone = await online(ama)
    before = phone.session
    await ask(phone.sign_in)
    await phone.hello()
    await phone.until("welcome")
    await ask(
        end_session,
        session_id=before.pk,
        user_id=ama.id,
        reason="revoked",
        now=clock.now(),
    )
    await look_once(hubs.hub_of(pace()))
    assert (await phone.say(room, "Toujours là"))["type"] == "ack"
    await phone.leave()


def test_every_process_looks_often_enough_for_five_seconds():
    """A look, its spread, and room for the look itself."""
    assert Pace().check * 1.1 + 1 <= 5


def test_a_ticket_of_an_ended_session_opens_nothing(ama):
    now = clock.now()
    issued = issue_ticket(session=ama.session, device_id=ama.id, now=now)
    end_sessions(user_id=ama.id, reason="everywhere", now=now)
    with pytest.raises(TicketRefused):
        redeem_ticket(token=issued.token, now=now)
