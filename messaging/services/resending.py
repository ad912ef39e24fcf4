"""The staff's decision to try a stuck message again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from lokahome.core.db.locks import locked
from lokahome.core.errors import NotAllowed, StaleVersion
from lokahome.core.events.outbox import append
from messaging.events import ResendRequested
from messaging.models import MESSAGE_STATES, OutgoingMessage
from messaging.policies import may_resend


@transaction.atomic
def request_resend(
    *,
    message_id: UUID,
    actor: User,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> OutgoingMessage:
    """Put a failed or given-up message back in the queue, with its tries at zero.

    Raises NotFound, StaleVersion, NotAllowed. Locks the message; publishes
    ResendRequested.
    """
    message = locked(OutgoingMessage.objects.all(), message_id)
    if version is not None and version != message.version:
        raise StaleVersion
    if not may_resend(
        is_active=actor.is_active,
        is_staff=actor.is_staff,
        permissions=actor.get_all_permissions(),
        status=message.status,
        is_code=message.is_code,
    ):
        raise NotAllowed
    message.attempts = 0
    MESSAGE_STATES.apply(
        message,
        "resend",
        who="staff",
        actor_id=actor.pk,
        now=now,
        reason=reason,
        update_fields=("attempts",),
    )
    append(ResendRequested(message_id=message.pk))
    return message
