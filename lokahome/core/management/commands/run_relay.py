"""The relay's process."""

from __future__ import annotations

import signal
import uuid
from typing import Any

from django.core.management.base import BaseCommand

from lokahome.core.events.relay import Relay
from lokahome.core.tasks import deliver


def dispatch(token: uuid.UUID, ids: list[uuid.UUID]) -> None:
    """Wake a worker for the leased rows *ids*."""
    deliver.apply_async((str(token), [str(value) for value in ids]), retry=False)


class Command(BaseCommand):
    """Run the outbox relay until SIGTERM or Ctrl-C."""

    help = "Remet les événements de la boîte d’envoi à leurs abonnés."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        relay = Relay(dispatch)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        self.stdout.write("relay: started")
        relay.run()
