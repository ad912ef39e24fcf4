"""Run everything that is due, here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from lokahome.core.events.delivering import drain


class Command(BaseCommand):
    """Empty the outbox in this process (repairs, scripts)."""

    help = "Traite tout ce qui attend dans la boîte d’envoi."

    def handle(self, *args: Any, **options: Any) -> None:
        """Drain and say how many."""
        self.stdout.write(f"{drain()} deliveries done")
