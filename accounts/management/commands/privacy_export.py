"""A person's copy into a file, for a request that came by letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services.privacy.data_exports import archive_of
from lokahome.core import clock
from lokahome.core.audit.record import record


class Command(BaseCommand):
    """Write the ZIP of one person; the deed goes into the audit log."""

    help = "Écrit la copie des données d’une personne dans un fichier ZIP."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, why, and where to."""
        parser.add_argument("--user", type=UUID, required=True)
        parser.add_argument("--reason", required=True, help="goes into the audit log")
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Pack and write; never over a file that exists."""
        person = User.objects.filter(pk=options["user"]).first()
        if person is None:
            raise CommandError("nobody has this id")
        now = clock.now()
        content = archive_of(person.pk, language=person.language, now=now)
        target: Path = options["output"]
        try:
            with target.open("xb") as out:
                target.chmod(0o600)
                out.write(content)
        except OSError as error:
            raise CommandError(f"not written: {error.strerror}") from error
        record(
            "export.written_by_operator",
            subject=f"user:{person.pk}",
            actor_id=None,
            reason=options["reason"][:500],
            details={"size_bytes": len(content)},
        )
        self.stdout.write(f"{target}  {len(content)} bytes")
