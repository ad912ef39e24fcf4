"""Django's migrate, run as the owner's role unless told otherwise."""

from __future__ import annotations

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate


class Command(DjangoMigrate):
    """Migrate on the ``owner`` database: the application's role has no DDL."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Change the default database."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
