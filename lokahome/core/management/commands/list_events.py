"""Writes docs/events.md: every fact between apps and who listens."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lokahome.core.events.base import EVENTS
from lokahome.core.events.subscribers import SUBSCRIBERS

HEADER = """# Events

Written by `manage.py list_events`; the gate fails when it is stale. An event is a fact
in the past tense, appended to the outbox in the transaction that made it true
([ADR](adr/)). A lane has its own workers, so a dead one delays no other.
"""


def render() -> str:
    """Return the page."""
    parts = [HEADER]
    for name, event in sorted(EVENTS.items()):
        summary = " ".join((inspect.getdoc(event) or "").split())
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(event))
        parts.append(f"## {name}\n\n{summary}\n\nFields: {fields}\n")
        rows = [
            f"| `{item.name}` | `{item.lane_label}` | {' '.join(item.doc.split())} |"
            for item in SUBSCRIBERS.values()
            if item.event is event
        ]
        if rows:
            parts.append("| subscriber | lane | what it does |\n|---|---|---|")
            parts.append("\n".join(sorted(rows)) + "\n")
        else:
            parts.append("Nobody listens yet.\n")
    return "\n".join(parts)


class Command(BaseCommand):
    """Write the page, or with --check say whether it is stale."""

    help = "Écrit docs/events.md."

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer --check."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        path = Path(settings.BASE_DIR) / "docs" / "events.md"
        text = render()
        if options["check"]:
            if not path.exists() or path.read_text() != text:
                raise CommandError("docs/events.md is stale: run manage.py list_events")
            return
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
