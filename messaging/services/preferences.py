"""By which channels people want to hear of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from lokahome.core.db.locks import locked
from messaging.models import NotificationPreference, OutgoingMessage, Topic


@dataclass(frozen=True, slots=True)
class Wish:
    """What one person wants of one topic, beside the app."""

    sms: bool = True
    email: bool = True

    def takes(self, channel: str) -> bool:
        """Say whether *channel* may be used."""
        return self.sms if channel == OutgoingMessage.Channel.SMS else self.email


@dataclass(frozen=True, slots=True)
class Wishes:
    """All of one person's wishes; `version` grows with each change, for ``If-Match``."""

    pk: UUID
    version: int
    topics: Mapping[str, Wish]


def wish_of(person_id: UUID, topic: str) -> Wish:
    """Return what the person wants of *topic*."""
    return wishes_of(person_id).topics[topic]


def wishes_of(person_id: UUID) -> Wishes:
    """Return what the person wants of every topic."""
    rows = {
        row.topic: row
        for row in NotificationPreference.objects.filter(person_id=person_id)
    }
    return Wishes(
        pk=person_id,
        version=1 + sum(row.version for row in rows.values()),
        topics={
            topic: (
                Wish(sms=rows[topic].sms, email=rows[topic].email)
                if topic in rows
                else Wish()
            )
            for topic in Topic.values
        },
    )


@transaction.atomic
def change_wishes(
    *, person_id: UUID, changes: Mapping[str, Mapping[str, bool]]
) -> Wishes:
    """Set what *changes* names (topic -> ``sms``, ``email``) and return all wishes.

    What stays the same is not written. Locks the person; raises NotFound, KeyError for
    an unknown topic.
    """
    person = locked(User.objects.get_queryset().active(), person_id)
    rows = NotificationPreference.objects.filter(person=person)
    known = {row.topic: row for row in rows}
    for name, wanted in changes.items():
        topic = Topic(name)
        row = known.get(topic) or NotificationPreference(person=person, topic=topic)
        sms, email = wanted.get("sms", row.sms), wanted.get("email", row.email)
        if row._state.adding:
            if sms and email:
                continue
        elif (row.sms, row.email) == (sms, email):
            continue
        row.sms, row.email = sms, email
        row.save()
    return wishes_of(person_id)


def silence_sms(*, person_id: UUID) -> Wishes:
    """Send the person no SMS on any topic; codes are none."""
    return change_wishes(
        person_id=person_id, changes={topic: {"sms": False} for topic in Topic.values}
    )


def resume_sms(*, person_id: UUID) -> Wishes:
    """Send the person SMS on every topic again."""
    return change_wishes(
        person_id=person_id, changes={topic: {"sms": True} for topic in Topic.values}
    )
