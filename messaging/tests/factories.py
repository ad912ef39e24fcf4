"""Conversations for tests: opened and written by the services, as people would."""

from __future__ import annotations

from accounts.models import User
from lokahome.core import clock
from lokahome.core.ids import uuid7
from messaging.models import Conversation, Message
from messaging.services.conversations import open_conversation
from messaging.services.messages import post_message
from properties.models import Listing
from properties.tests import factories as homes


def about_listing(
    owner: User, inquirer: User, row: Listing | None = None
) -> Conversation:
    """Return what *inquirer* asks *owner* about a published listing."""
    row = row or homes.published(owner)
    opened = open_conversation(
        subject=f"listing:{row.pk}", person=inquirer, now=clock.now()
    )
    return opened.conversation


def say(conversation: Conversation, sender: User, body: str = "Bonjour") -> Message:
    """Return a message that *sender* wrote."""
    posted = post_message(
        conversation_id=conversation.pk,
        sender=sender,
        client_id=uuid7(),
        body=body,
        now=clock.now(),
    )
    return posted.message
