"""Moving personal data at rest to the first of FIELD_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lokahome.core.crypto.encrypting import current_key_id
from lokahome.core.crypto.rotating import all_ciphertexts, rotate


class Command(BaseCommand):
    """Re-encrypt, print one line a place; exit 1 while something is under another key.

    First every process runs with both keys, the new one in front; then this command;
    only when it says so the old key is taken out. Killed, it is started again.
    """

    help = "Rechiffre les données personnelles avec la première clé de FIELD_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        """Choose the size of a transaction, or only count."""
        parser.add_argument("--batch", type=int, default=500)
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go through every place that holds ciphertexts."""
        self.stdout.write(f"key in use: {current_key_id()}")
        left = []
        for place in all_ciphertexts():
            if options["dry_run"]:
                is_whole = not place.stale(after=None, limit=1)
                self.stdout.write(f"{place.name:40} {'done' if is_whole else 'to do'}")
                continue
            result = rotate(place, batch=options["batch"])
            self.stdout.write(
                f"{result.name:40} moved {result.moved},"
                f" changed meanwhile {result.changed_meanwhile},"
                f" unreadable {result.unreadable}"
            )
            if not result.is_whole:
                left.append(result.name)
        if left:
            raise CommandError(
                "Still under another key: " + ", ".join(left) + ". Keep the old keys."
            )
