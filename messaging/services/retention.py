"""How long this app keeps what it needs no longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from lokahome.core.privacy.retention import Retention, register_retention
from messaging.models import (
    CaughtMessage,
    InboundSms,
    Notification,
    OutgoingMessage,
    RealtimeTicket,
)
from messaging.services import inbound

TOLD_KEPT = timedelta(days=365)
CODES_KEPT = timedelta(days=90)
CAUGHT_KEPT = timedelta(days=30)
TICKETS_KEPT = timedelta(days=1)


def _old_sms(now: datetime) -> QuerySet[InboundSms]:
    old = InboundSms.objects.filter(created_at__lt=now - inbound.KEPT, erased_at=None)
    return old.exclude(outcome=InboundSms.Outcome.WAITING)


def _forget_sms(now: datetime) -> int:
    return inbound.erase_old_sms(now=now)


def _old_notifications(now: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(created_at__lt=now - TOLD_KEPT)


def _old_code_messages(now: datetime) -> QuerySet[OutgoingMessage]:
    return OutgoingMessage.objects.filter(
        created_at__lt=now - CODES_KEPT, notification=None
    ).exclude(status__in=("queued", "failed"))


def _old_caught(now: datetime) -> QuerySet[CaughtMessage]:
    return CaughtMessage.objects.filter(created_at__lt=now - CAUGHT_KEPT)


def _old_tickets(now: datetime) -> QuerySet[RealtimeTicket]:
    return RealtimeTicket.objects.filter(expires_at__lt=now - TICKETS_KEPT)


for rule in (
    Retention(
        name="messaging.inbound_sms",
        what="SMS that people sent: the number and the words",
        kept=inbound.KEPT,
        why="to find out why one went nowhere; that it came stays",
        due=_old_sms,
        forget=_forget_sms,
        job="messaging.erase_old_sms",
    ),
    Retention(
        name="messaging.notifications",
        what="what people were told, and by which channel it left: ids, no words",
        kept=TOLD_KEPT,
        why="to show that somebody was told",
        due=_old_notifications,
    ),
    Retention(
        name="messaging.code_messages",
        what="that a code left: ids, no number and no code",
        kept=CODES_KEPT,
        why="to look into a code that never came",
        due=_old_code_messages,
    ),
    Retention(
        name="messaging.caught",
        what="messages that development kept instead of sending: number, words, codes",
        kept=CAUGHT_KEPT,
        why="development only; the transports that write them are refused elsewhere",
        due=_old_caught,
    ),
    Retention(
        name="messaging.realtime_tickets",
        what="tickets that open one socket: a digest",
        kept=TICKETS_KEPT,
        why="they last seconds",
        due=_old_tickets,
    ),
):
    register_retention(rule)
