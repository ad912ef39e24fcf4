"""`manage.py add_staff handle --groups moderator support`: a colleague's first day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.staff.entering import add_staff
from accounts.services.staff.groups import STAFF_GROUPS, ensure_groups
from lokahome.core.errors import DomainError


class Command(BaseCommand):
    """Make a member of staff and print their first password, once."""

    help = "Ajoute un membre de l’équipe ; son second facteur s’inscrit à l’entrée."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a handle, a name and groups."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="Nom complet")
        parser.add_argument(
            "--groups", nargs="+", required=True, choices=sorted(STAFF_GROUPS)
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the person; CommandError says why not."""
        ensure_groups()
        try:
            person, password = add_staff(
                username=options["username"],
                full_name=options["name"],
                groups=options["groups"],
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.title} : {refusal.detail}") from refusal
        self.stdout.write(f"identifiant : {person.username}")
        self.stdout.write(f"mot de passe : {password}")
        self.stdout.write(
            "À remettre de la main à la main : il ne sera plus jamais montré. Le second"
            " facteur s’inscrit à la première entrée, sur /admin/."
        )
