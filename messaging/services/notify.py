"""Telling somebody something: one message for one fact, person and channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from messaging.models import OutgoingMessage
from messaging.services.contexts import CONTEXTS
from messaging.services.sending import CODE, send_message

SMS = OutgoingMessage.Channel.SMS


def notify(
    *,
    fact: str,
    person_id: UUID,
    template: str,
    context_ids: Mapping[str, object],
    now: datetime,
) -> OutgoingMessage:
    """Tell *person_id* the *fact* by SMS, once however often this is called.

    *context_ids* holds ids and states only; the words are made when the message leaves.
    Raises RetryLater when it could not leave now (call again), KeyError for an unknown
    *template*. Call it outside a transaction.
    """
    if template not in CONTEXTS:
        raise KeyError(template)
    message = _remember(
        fact=fact, template=template, context_ids=context_ids, person_id=person_id
    )
    send_message(message_id=message.pk, now=now)
    return message


def send_code(*, request_id: UUID, now: datetime) -> OutgoingMessage:
    """Send the code of *request_id*, minted on leaving; see `notify`."""
    message = _remember(
        fact=f"code_request:{request_id}",
        template=CODE,
        context_ids={},
        code_request_id=request_id,
    )
    send_message(message_id=message.pk, now=now)
    return message


@transaction.atomic
def _remember(
    *,
    fact: str,
    template: str,
    context_ids: Mapping[str, object],
    person_id: UUID | None = None,
    code_request_id: UUID | None = None,
) -> OutgoingMessage:
    message = OutgoingMessage(
        fact=fact,
        person_id=person_id,
        code_request_id=code_request_id,
        channel=SMS,
        template=template,
        context_ids={name: str(value) for name, value in context_ids.items()},
    )
    # Two deliveries of one fact may run at once: the constraint decides, not a look-up.
    OutgoingMessage.objects.bulk_create([message], ignore_conflicts=True)
    return OutgoingMessage.objects.get(fact=fact, person_id=person_id, channel=SMS)
