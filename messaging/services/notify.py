"""Telling somebody something: one row a fact and person, one message a channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.queries.signing_in import code_destination
from lokahome.core.events.delivering import RetryLater
from messaging.models import Notification, OutgoingMessage
from messaging.services.numbers import addresses_for, numbers_for
from messaging.services.plan import PLANS, Plan
from messaging.services.preferences import wish_of
from messaging.services.quiet import quiet_until
from messaging.services.ringing import may_ring
from messaging.services.sending import WAITING, send_message
from messaging.services.writing import CODE, EMAIL_CODE

SMS = OutgoingMessage.Channel.SMS
EMAIL = OutgoingMessage.Channel.EMAIL


def notify(
    *,
    fact: str,
    person_id: UUID,
    template: str,
    context_ids: Mapping[str, object],
    now: datetime,
) -> Notification | None:
    """Tell *person_id* the *fact*, once a channel however often this is called.

    The app shows it at once; the plan of *template*, the person's preferences and
    addresses say what else carries it. What is not urgent waits for the end of quiet
    hours (`send_held`). *context_ids* holds ids and states only; the words are made
    when they are read. Returns None when there is no such person. Raises RetryLater
    when a message could not leave now (call again), KeyError for an unknown *template*.
    Call it outside a transaction.
    """
    row = Notification(
        fact=fact,
        person_id=person_id,
        template=template,
        context_ids={name: str(value) for name, value in context_ids.items()},
    )
    notification = _remember(row, PLANS[template], now)
    if notification is not None:
        _send(notification, now)
    return notification


@transaction.atomic
def _remember(row: Notification, plan: Plan, now: datetime) -> Notification | None:
    if not User.objects.filter(pk=row.person_id).exists():
        return None
    # Two deliveries of one fact may run at once: the constraint decides, not a look-up,
    # and who made the row chooses its channels.
    Notification.objects.bulk_create([row], ignore_conflicts=True)
    kept = Notification.objects.get(fact=row.fact, person_id=row.person_id)
    if _is_ours(kept, row):
        OutgoingMessage.objects.bulk_create(_messages(kept, plan, now))
    return kept


def _is_ours(kept: Notification, row: Notification) -> bool:
    return kept.pk == row.pk


def _messages(
    notification: Notification, plan: Plan, now: datetime
) -> list[OutgoingMessage]:
    wish = wish_of(notification.person_id, plan.topic) if plan.channels else None
    return [
        OutgoingMessage(
            notification=notification,
            fact=notification.fact,
            person_id=notification.person_id,
            target_id=target_id,
            channel=channel,
            template=notification.template,
            context_ids=notification.context_ids,
            not_before=None if plan.is_urgent else quiet_until(now),
        )
        for channel in plan.channels
        if plan.is_security or (wish is not None and wish.takes(channel))
        for target_id in _targets(notification, plan, channel, now)
    ]


def _targets(
    notification: Notification, plan: Plan, channel: str, now: datetime
) -> list[UUID | None]:
    """Most people have no address; a person without a number is one staff should see."""
    person_id, ids = notification.person_id, notification.context_ids
    if channel != SMS:
        return addresses_for(plan, ids, person_id)
    return [
        target_id
        for target_id in numbers_for(plan, ids, person_id)
        if may_ring(
            person_id=person_id,
            plan=plan,
            template=notification.template,
            target_id=target_id,
            now=now,
        )
    ]


def _send(notification: Notification, now: datetime) -> None:
    due = Q(not_before=None) | Q(not_before__lte=now)
    waiting = notification.messages.filter(due, status__in=WAITING).order_by("id")
    later: RetryLater | None = None
    for message_id in waiting.values_list("pk", flat=True):
        try:
            send_message(message_id=message_id, now=now)
        except RetryLater as wish:
            later = wish
    if later is not None:
        raise later


def send_code(*, request_id: UUID, now: datetime) -> OutgoingMessage:
    """Send the code of *request_id*, minted on leaving, at any hour.

    By SMS, or to a proved address where that was asked for. Raises RetryLater. Call it
    outside a transaction.
    """
    destination = code_destination(request_id)
    message = _remember_code(
        fact=f"code_request:{request_id}",
        template=CODE,
        channel=destination.channel if destination else SMS,
        code_request_id=request_id,
    )
    send_message(message_id=message.pk, now=now)
    return message


def send_email_code(*, email_id: UUID, now: datetime) -> OutgoingMessage:
    """Send the code that proves the claim *email_id*, minted on leaving; see `send_code`."""
    message = _remember_code(
        fact=f"email_code:{email_id}",
        template=EMAIL_CODE,
        channel=EMAIL,
        email_id=email_id,
    )
    send_message(message_id=message.pk, now=now)
    return message


@transaction.atomic
def _remember_code(*, fact: str, channel: str, **values: object) -> OutgoingMessage:
    message = OutgoingMessage(fact=fact, channel=channel, **values)
    OutgoingMessage.objects.bulk_create([message], ignore_conflicts=True)
    return OutgoingMessage.objects.get(fact=fact, person_id=None, channel=channel)
