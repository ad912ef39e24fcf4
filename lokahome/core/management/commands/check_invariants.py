"""Are the books, the outbox and the leases what they claim to be?"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lokahome.core.invariants import INVARIANTS, check_invariants


class Command(BaseCommand):
    """Run the registered invariants; exit 1 when one is broken."""

    help = "Vérifie les invariants déclarés par chaque application."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name some invariants, or ask for JSON."""
        parser.add_argument("names", nargs="*")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print one line an invariant."""
        names = options["names"] or sorted(INVARIANTS)
        broken: dict[str, list[str]] = {name: [] for name in names}
        for violation in check_invariants(names):
            broken[violation.invariant].append(str(violation.row))
        if options["json"]:
            self.stdout.write(json.dumps(broken, ensure_ascii=False))
        else:
            for name, rows in broken.items():
                state = "ok" if not rows else f"BROKEN: {'; '.join(rows)}"
                self.stdout.write(f"{name:44} {state}  ({INVARIANTS[name].claim})")
        if any(broken.values()):
            raise CommandError("an invariant is broken")
