"""Back-office pages of words."""

from messaging.admin import conversations as conversations
from messaging.admin import inbound as inbound
from messaging.admin import outgoing as outgoing
