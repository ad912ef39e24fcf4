"""Whom a message or a conversation concerns: they judge no case of it."""

from __future__ import annotations

from uuid import UUID

from accounts.services.moderation.parties import NOBODY, Parties, people
from messaging.models import Message, Participant


def message_parties(message_id: UUID) -> Parties:
    """Return who wrote it, and everybody else in its conversation."""
    row = Message.objects.filter(pk=message_id).first()
    if row is None:
        return NOBODY
    authors = people(row.sender_id)
    return Parties(authors, conversation_parties(row.conversation_id).others - authors)


def conversation_parties(conversation_id: UUID) -> Parties:
    """Return everybody who takes part."""
    people = Participant.objects.filter(conversation_id=conversation_id)
    return Parties(others=frozenset(people.values_list("person_id", flat=True)))


def has_conversations(person_id: UUID) -> bool:
    """Say whether *person_id* takes part in any conversation."""
    return Participant.objects.filter(person_id=person_id).exists()
