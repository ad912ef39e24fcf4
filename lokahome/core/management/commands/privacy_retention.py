"""How long things are kept, and what has had its time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lokahome.core import clock
from lokahome.core.privacy.retention import retentions


class Command(BaseCommand):
    """Apply every rule now; with ``--dry-run`` only count."""

    help = "Applique les durées de conservation, ou compte ce qui est échu (--dry-run)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to look only."""
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line a rule."""
        now = clock.now()
        for rule in retentions():
            due = rule.due(now).count()
            if not options["dry_run"]:
                rule.run(now)
            self.stdout.write(f"{rule.name:34}{rule.kept.days:>5} days{due:>7} due")
