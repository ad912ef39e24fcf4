"""The Celery application. Its messages are wake-ups: rows in PostgreSQL are the truth."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")

app = Celery("lokahome")
app.add_defaults(lambda: settings.CELERY)
app.autodiscover_tasks()
