"""Sockets: a process of their own (docs/adr: WSGI and ASGI side by side).

No Django view runs here. Until conversations arrive it answers ``/livez`` and
``/readyz`` only.
"""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")
get_asgi_application()  # sets Django up; the application itself is not served here

from lokahome.core.health import health_asgi  # noqa: E402 - needs Django set up

application = ProtocolTypeRouter({"http": health_asgi})
