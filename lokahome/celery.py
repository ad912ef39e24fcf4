"""The Celery application. Its messages are wake-ups: rows in PostgreSQL are the truth."""

import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")


def configuration() -> dict[str, Any]:
    """Return the settings of Celery; read when it first needs one."""
    return {
        "broker_url": settings.REDIS_URL,
        "task_ignore_result": True,
        # No results are kept: none to clean up, and beat adds no job of its own for it.
        "result_expires": None,
        # Both, or a killed worker loses what it had begun (measured: 2 of 6 tasks).
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_default_queue": "celery",
        "task_routes": {"core.deliver": {"queue": "lanes"}},
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": settings.TIME_ZONE,
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {
            "visibility_timeout": 300,
            # By default Redis gives back a dead worker's tasks only every 100 seconds.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "global_keyprefix": "celery.",
        },
        "task_publish_retry_policy": {"max_retries": 1},
        "worker_hijack_root_logger": False,
        "beat_max_loop_interval": 2,
    }


app = Celery("lokahome")
app.add_defaults(configuration)
app.autodiscover_tasks()
