"""Opening conversations: one for each subject, however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import User
from lokahome.core import limits
from lokahome.core.errors import NotFound
from messaging.models import Conversation, Participant, PersonEvent
from messaging.services.person_logs import ensure_logs, tell_participants
from messaging.services.subjects import Parties, parties_of, read_subject

OPENED_A_DAY = 30
"""New conversations of one person: who writes to every landlord sells something."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation; whether it is new; whose log moved, and to which ``useq``."""

    conversation: Conversation
    is_new: bool
    moved: Mapping[UUID, int]


def open_conversation(*, subject: str, person: User, now: datetime) -> Opened:
    """Return *person*'s conversation about *subject* (``"lease:<uuid>"``).

    Opened now with everybody whom the subject names, unless it exists: then it is
    returned, even when nobody new could open it any more. Raises NotFound for a subject
    that *person* may not see or has no part in, WithOneself, ListingClosed, RateLimited.
    """
    read_subject(subject)
    existing = _existing(subject, person)
    if existing is not None:
        return Opened(existing, is_new=False, moved={})
    parties = parties_of(subject, person)
    limits.take("conversation", str(person.pk), limit=OPENED_A_DAY, window=DAY, now=now)
    return _open(subject, parties, now)


def _existing(subject: str, person: User) -> Conversation | None:
    keys = [subject, f"{subject}:{person.pk}"]
    return Conversation.objects.visible_to(person).filter(key__in=keys).first()


@transaction.atomic
def _open(subject: str, parties: Parties, now: datetime) -> Opened:
    made = Conversation(subject=subject, key=parties.key, active_at=now)
    # Two may open it at once: the key decides, not a look-up. The other one waits here
    # until the first has committed, and then finds it whole.
    Conversation.objects.bulk_create([made], ignore_conflicts=True)
    conversation = Conversation.objects.get(key=parties.key)
    if conversation.pk != made.pk:
        return Opened(conversation, is_new=False, moved={})
    Participant.objects.bulk_create(
        Participant(conversation=conversation, person_id=person_id, joined_at=now)
        for person_id in sorted(parties.people)
    )
    ensure_logs(parties.people)
    moved = tell_participants(conversation.pk, PersonEvent.Kind.CONVERSATION)
    return Opened(conversation, is_new=True, moved=moved)


@transaction.atomic
def mute_conversation(
    *, conversation_id: UUID, person: User, is_muted: bool
) -> Mapping[UUID, int]:
    """Say whether *person* wants alerts of the conversation; twice is harmless.

    Nobody else learns of it; the person's own devices do. Returns whose logs moved, and
    to which ``useq``. Raises NotFound. Locks the participation, then the log.
    """
    part = (
        Participant.objects.select_for_update(no_key=True, of=("self",))
        .filter(conversation_id=conversation_id, person_id=person.pk)
        .first()
    )
    if part is None:
        raise NotFound
    if part.muted == is_muted:
        return {}
    part.muted = is_muted
    part.save(update_fields=["muted"])
    kind = PersonEvent.Kind.CONVERSATION
    return tell_participants(conversation_id, kind, only=person.pk)
