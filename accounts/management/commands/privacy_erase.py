"""What an erasure would do; or the request of a person who asked by letter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services.privacy.erasure import request_erasure
from lokahome.core import clock
from lokahome.core.errors import DomainError
from lokahome.core.privacy.erasing import plan_of
from lokahome.core.privacy.obstacles import obstacles_of


class Command(BaseCommand):
    """Print the plan with ``--dry-run``; otherwise ask, which is done in seven days."""

    help = "Montre ce que ferait un effacement (--dry-run), ou le demande."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and whether to look only."""
        parser.add_argument("--user", type=UUID, required=True)
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, or ask; nobody is erased at once, not even from here."""
        person = User.objects.filter(pk=options["user"]).first()
        if person is None:
            raise CommandError("nobody has this id")
        if options["dry_run"]:
            self._plan(person.pk)
            return
        try:
            request = request_erasure(person_id=person.pk, now=clock.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        due = request.due_at.isoformat() if request.due_at else "once they are gone"
        self.stdout.write(f"{request.status}, due {due} {request.obstacles or ''}")

    def _plan(self, person_id: UUID) -> None:
        for item in plan_of(person_id):
            told = ", ".join(item.columns) or item.kept
            self.stdout.write(
                f"{item.deed:<7}{item.rows:>5} rows{item.files:>4} files"
                f"  {item.model:<34}{item.role:<28}{told}"
            )
        for code in obstacles_of(person_id):
            self.stdout.write(f"in the way: {code}")
