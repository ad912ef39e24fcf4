"""The tables of words."""

from messaging.models.caught_message import CaughtMessage
from messaging.models.outgoing_message import MESSAGE_STATES, OutgoingMessage

__all__ = ["MESSAGE_STATES", "CaughtMessage", "OutgoingMessage"]
