"""SMS that people send to us: stored at once, followed once.

A sender's number can be forged. What an SMS may do is therefore small: put words where
its person was asked to answer, or turn our SMS off and on. It signs nobody in, reads
nothing and moves no money.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from lokahome.core.errors import DomainError, RateLimited
from lokahome.core.events.delivering import RetryLater
from lokahome.core.events.outbox import append
from messaging.events import InboundSmsReceived
from messaging.models import InboundSms
from messaging.queries.unread import nudged_conversations, person_behind
from messaging.services.messages import post_message
from messaging.services.notify import notify
from messaging.services.preferences import resume_sms, silence_sms

CLIENT_IDS = uuid.UUID("6f6c7a3e-3a55-5d0e-9a8e-5b0f3f6f3c11")
"""Namespace of the client ids of messages that came by SMS."""
STOP = frozenset(
    [
        "STOP",
        "ARRET",
        "ARRETER",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "OPTOUT",
        "REVOKE",
    ]
)
"""Ours, and those after which the carrier itself sends no more (Twilio, "Advanced
Opt-Out"): we would only collect its refusals."""
START = frozenset(["START", "UNSTOP", "REPRENDRE"])
KEPT = timedelta(days=90)
SEVERAL = "several_conversations"
MOST_TEXT = 1600
Moved = Mapping[UUID, int]
Outcome = InboundSms.Outcome


@transaction.atomic
def receive_sms(
    *, gateway: str, gateway_message_id: str, sender: str, text: str, now: datetime
) -> bool:
    """Store an SMS; return False when the same one was stored before.

    Publishes InboundSmsReceived when it is new.
    """
    row = InboundSms(
        gateway=gateway,
        gateway_message_id=gateway_message_id,
        sender=sender[:20],
        text=text.replace("\x00", "")[:MOST_TEXT],
        created_at=now,
    )
    InboundSms.objects.bulk_create([row], ignore_conflicts=True)
    if not InboundSms.objects.filter(pk=row.pk).exists():
        return False
    append(InboundSmsReceived(inbound_id=row.pk))
    return True


def follow_sms(*, inbound_id: UUID, now: datetime) -> Moved:
    """Do what a stored SMS asks for; return whose log moved, for the doors to hint.

    Twice is harmless: each deed has a name of its own, made of the SMS. Must be called
    outside a transaction. Raises RetryLater.
    """
    row = InboundSms.objects.filter(pk=inbound_id, outcome=Outcome.WAITING).first()
    if row is None:
        return {}
    person_id = person_behind(row.sender)
    if person_id is None:
        _close(row, Outcome.UNKNOWN_NUMBER, now)
        return {}
    word = command_of(row.text)
    if word in STOP:
        silence_sms(person_id=person_id)
        _confirm("sms_stopped", row, person_id, now)
        _close(row, Outcome.STOPPED, now, person_id=person_id)
        return {}
    if word in START:
        resume_sms(person_id=person_id)
        _confirm("sms_started", row, person_id, now)
        _close(row, Outcome.STARTED, now, person_id=person_id)
        return {}
    return _post(row, person_id, now)


def command_of(text: str) -> str:
    """Return *text* as a command is compared: one word, capitals, no accents."""
    plain = unicodedata.normalize("NFKD", text.strip().strip(".!\"'").strip())
    return "".join(item for item in plain if not unicodedata.combining(item)).upper()


def _post(row: InboundSms, person_id: UUID, now: datetime) -> Moved:
    asked = nudged_conversations(person_id, now=now)
    if not asked:
        _close(row, Outcome.NO_CONVERSATION, now, person_id=person_id)
        return {}
    if len(asked) > 1:
        # Nobody can tell which one is answered, and words for one must not reach another.
        _confirm("sms_unplaced", row, person_id, now)
        _close(row, Outcome.REFUSED, now, person_id=person_id, reason=SEVERAL)
        return {}
    (conversation_id,) = asked
    client_id = uuid.uuid5(CLIENT_IDS, f"{row.gateway}:{row.gateway_message_id}")
    try:
        posted = post_message(
            conversation_id=conversation_id,
            sender=User.objects.get(pk=person_id),
            client_id=client_id,
            body=row.text,
            now=now,
        )
    except RateLimited as limit:
        raise RetryLater(limit.retry_after_seconds or 30) from limit
    except DomainError as refusal:
        _close(row, Outcome.REFUSED, now, person_id=person_id, reason=refusal.code)
        return {}
    _close(
        row, Outcome.POSTED, now, person_id=person_id, conversation_id=conversation_id
    )
    return posted.moved


def _confirm(template: str, row: InboundSms, person_id: UUID, now: datetime) -> None:
    notify(
        fact=f"messaging.{template}:inbound_sms:{row.pk}",
        person_id=person_id,
        template=template,
        context_ids={},
        now=now,
    )


def _close(row: InboundSms, outcome: str, now: datetime, **values: object) -> None:
    waiting = InboundSms.objects.filter(pk=row.pk, outcome=Outcome.WAITING)
    waiting.update(outcome=outcome, handled_at=now, **values)


def erase_old_sms(*, now: datetime) -> int:
    """Empty the SMS whose time is over; return how many."""
    old = InboundSms.objects.filter(created_at__lt=now - KEPT, erased_at=None)
    return old.exclude(outcome=Outcome.WAITING).update(
        sender="", text="", erased_at=now
    )
