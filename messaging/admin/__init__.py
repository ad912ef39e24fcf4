"""Back-office pages of words."""

from messaging.admin import outgoing as outgoing
