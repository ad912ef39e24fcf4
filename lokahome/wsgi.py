"""HTTP: every Django view, on WSGI (docs/adr: WSGI and ASGI side by side)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")

application = get_wsgi_application()
