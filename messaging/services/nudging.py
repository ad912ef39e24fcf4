"""Telling people whose phone is off the network that somebody wrote to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from lokahome.core.errors import RateLimited
from lokahome.core.events.delivering import RetryLater
from lokahome.core.limits import take
from messaging.queries.unread import UNREAD, waiting_since
from messaging.services.notify import notify
from messaging.services.quiet import quiet_until

PATIENCE = timedelta(minutes=10)
GAP = timedelta(minutes=30)
"""Between two nudges of one person about one conversation."""
BATCH = 500


def nudge_unread(*, now: datetime) -> int:
    """Send an SMS to whoever has fetched nothing of 10-minute-old words; return how many.

    One for each conversation in 30 minutes, none in quiet hours (the morning's run
    sends it if the words still wait), none to who wants no SMS about conversations.
    Runs at the same time tell each fact once. Must be called outside a transaction.
    """
    if quiet_until(now) is not None:
        return 0
    did = 0
    for item in waiting_since(now - PATIENCE, limit=BATCH):
        try:
            key = f"{item.person_id}:{item.conversation_id}"
            take("messaging.nudge", key, limit=1, window=GAP, now=now)
            notify(
                fact=item.fact,
                person_id=item.person_id,
                template=UNREAD,
                context_ids={
                    "conversation_id": item.conversation_id,
                    "sender_id": item.sender_id,
                },
                now=now,
            )
        except (RateLimited, RetryLater):
            continue
        did += 1
    return did
