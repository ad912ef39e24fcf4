"""Everything between an empty database and a platform that is ready; quick twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from lokahome.core.db.grants import grant_application_role


class Command(BaseCommand):
    """Migrate when needed, then run ``settings.PREPARE_STEPS`` (each safe twice)."""

    help = "Prépare la base : migrations, horaires, groupes, lieux, démonstration."

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer demo people."""
        parser.add_argument("--demo", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each step and print how long it took."""
        self._timed("migrations", self._migrate)
        for label, dotted in settings.PREPARE_STEPS:
            self._timed(label, import_string(dotted))
        self._timed("messages", self._compile_messages)
        if options["demo"]:
            if not (settings.DEBUG and settings.DEV_DOORS):
                raise CommandError("--demo needs DEBUG and DEV_DOORS")
            lines: list[str] = []
            for label, dotted in settings.PREPARE_DEMO_STEPS:
                lines += self._timed(label, import_string(dotted)) or []
            target = Path(settings.BASE_DIR) / "var" / "demo-logins.txt"
            target.write_text("\n".join(lines) + "\n")

    def _timed(self, label: str, step: Callable[[], Any]) -> Any:
        started = time.monotonic()
        result = step()
        self.stdout.write(f"  {label}: {time.monotonic() - started:.1f} s")
        return result

    def _migrate(self) -> None:
        executor = MigrationExecutor(connections["owner"])
        targets = executor.loader.graph.leaf_nodes()
        if executor.migration_plan(targets):
            call_command("migrate", interactive=False, verbosity=0)
        else:
            # A restored dump brings tables and triggers, but not this server's grants.
            grant_application_role()

    def _compile_messages(self) -> None:
        sources = (
            source
            for directory in settings.LOCALE_PATHS
            for source in Path(directory).glob("*/LC_MESSAGES/*.po")
        )
        for source in sources:
            compiled = source.with_suffix(".mo")
            if (
                not compiled.exists()
                or compiled.stat().st_mtime < source.stat().st_mtime
            ):
                call_command("compilemessages", verbosity=0)
                return
