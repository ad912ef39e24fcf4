"""Much that was missed: a phone that reads gets all of it, however big it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.services.messages import post_message
from messaging.tests.consumers.phones import Phone, ask


@pytest.mark.parametrize(("letter", "many"), [("a", 70), ("\U0001f3e0", 20)])
async def test_more_words_than_may_wait_come_in_one_go(room, ama, kossi, letter, many):
    tenant = await Phone(ama.user).online()
    await tenant.leave()
    bodies = [f"{number:03d}{letter * 3997}" for number in range(many)]

    def write_all():
        for number, body in enumerate(bodies):
            post_message(
                conversation_id=room.pk,
                sender=kossi.user,
                client_id=uuid7(),
                body=body,
                now=clock.now() - timedelta(hours=2, minutes=-number),
            )

    await ask(write_all)
    await tenant.connect()
    await tenant.hello()
    await tenant.reach(len(bodies))
    assert tenant.bodies() == bodies
    await tenant.leave()
