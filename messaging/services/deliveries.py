"""What carriers report of messages after they took them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from messaging.models import MESSAGE_STATES, OutgoingMessage

Delivery = OutgoingMessage.Delivery
ENDS = {
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "undelivered": Delivery.UNDELIVERED,
    "failed": Delivery.UNDELIVERED,
}
"""A carrier's word -> what it says of the message's end; other words are on the way."""
LEFT = frozenset({"sent", "delivered", "read", "undelivered"})
"""Words that prove that the carrier took the message, whatever we heard then."""


@transaction.atomic
def record_delivery(
    *,
    message_id: UUID | None,
    gateway_message_id: str,
    status: str,
    error_code: str,
    now: datetime,
) -> bool:
    """Take a report into account; return whether it changed anything.

    Reports come late, twice, in any order, and of messages that we never sent: an
    arrival is never taken back, a failure may still turn into one, and the rest is
    harmless. A report of a message whose hand-over got no answer proves that it left,
    so that it is not sent a second time. Locks the message.
    """
    row = _find(message_id, gateway_message_id)
    if row is None:
        return False
    changed = False
    if row.status != OutgoingMessage.Status.SENT:
        if status not in LEFT:
            return False
        _witness(row, gateway_message_id, now)
        changed = True
    end = ENDS.get(status)
    is_this_copy = row.transport_id == gateway_message_id
    if end is None or (end == Delivery.UNDELIVERED and not is_this_copy):
        return changed
    if row.delivery == Delivery.DELIVERED or row.delivery == end:
        return changed
    row.delivery = end
    row.delivery_error = "" if end == Delivery.DELIVERED else error_code[:20]
    row.delivery_reported_at = now
    row.save(update_fields={"delivery", "delivery_error", "delivery_reported_at"})
    return True


def _find(message_id: UUID | None, gateway_message_id: str) -> OutgoingMessage | None:
    sms = OutgoingMessage.objects.filter(channel=OutgoingMessage.Channel.SMS)
    rows = sms.select_for_update(no_key=True)
    if message_id is not None:
        return rows.filter(pk=message_id).first()
    if not gateway_message_id:
        return None
    return rows.filter(transport_id=gateway_message_id).first()


def _witness(row: OutgoingMessage, gateway_message_id: str, now: datetime) -> None:
    row.transport_id = gateway_message_id[:80]
    row.sent_at = now
    row.last_error = ""
    row.claimed_until = None
    MESSAGE_STATES.apply(
        row,
        "witness",
        who="gateway",
        actor_id=None,
        now=now,
        update_fields=("transport_id", "sent_at", "last_error", "claimed_until"),
    )
