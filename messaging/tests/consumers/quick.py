"""The application with a quicker pace, for servers that tests start."""

from __future__ import annotations

from django.conf import settings

settings.REALTIME = {"check": 0.3, "deaf": 1.5, "layer": 0.5}

from lokahome.asgi import application as application  # noqa: E402 - after the settings
