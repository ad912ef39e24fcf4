"""Sockets: a process of their own (docs/adr: WSGI and ASGI side by side).

No Django view runs here: ``/realtime/v1`` is the live conversations
(docs/api/realtime.md), ``/livez`` and ``/readyz`` tell how the process is.
"""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")
get_asgi_application()  # sets Django up; the application itself is not served here

# These need Django set up.
from lokahome.core.health import health_asgi  # noqa: E402 - needs Django
from messaging.consumers.origins import Entrance  # noqa: E402 - needs Django
from messaging.consumers.socket import RealtimeConsumer  # noqa: E402 - needs Django

application = ProtocolTypeRouter(
    {"http": health_asgi, "websocket": Entrance(RealtimeConsumer.as_asgi())}
)
