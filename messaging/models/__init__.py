"""The tables of words."""

from messaging.models.caught_message import CaughtMessage
from messaging.models.conversations import Conversation, Participant
from messaging.models.inbound_sms import InboundSms
from messaging.models.messages import MAX_BODY, Message, MessageHiding
from messaging.models.notification import Notification, NotificationPreference, Topic
from messaging.models.outgoing_message import MESSAGE_STATES, OutgoingMessage
from messaging.models.person_log import PersonEvent, PersonLog
from messaging.models.realtime_ticket import RealtimeTicket

__all__ = [
    "MAX_BODY",
    "MESSAGE_STATES",
    "CaughtMessage",
    "Conversation",
    "InboundSms",
    "Message",
    "MessageHiding",
    "Notification",
    "NotificationPreference",
    "OutgoingMessage",
    "Participant",
    "PersonEvent",
    "PersonLog",
    "RealtimeTicket",
    "Topic",
]
