"""The control's server: every hint is dropped, and nothing heals. Messages must be lost.

What checks for lost messages has to find them here, or it checks nothing.
"""

from __future__ import annotations

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings


class DeafLayer(RedisPubSubChannelLayer):  # type: ignore[misc] # it has no types
    """A layer that takes everything and carries nothing."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Drop it."""


settings.CHANNEL_LAYERS["default"]["BACKEND"] = "bench.chat.deaf.DeafLayer"
settings.REALTIME = {"check": 0}

from lokahome.asgi import application as application  # noqa: E402 - after the settings
