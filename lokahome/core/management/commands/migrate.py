"""Django's migrate, run as the owner's role unless told otherwise."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.commands.migrate import Command as DjangoMigrate


class Command(DjangoMigrate):
    """Migrate on the ``owner`` database: the application's role has no DDL."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Change the default database."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
