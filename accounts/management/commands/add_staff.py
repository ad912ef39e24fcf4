"""`manage.py add_staff handle --groups support --no-account`: a colleague's first day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.staff.entering import add_staff
from accounts.services.staff.groups import STAFF_GROUPS, ensure_groups
from accounts.services.staff.links import account_of
from lokahome.core import clock
from lokahome.core.errors import DomainError


class Command(BaseCommand):
    """Make a member of staff and print their first password, once."""

    help = "Ajoute un membre de l’équipe ; son second facteur s’inscrit à l’entrée."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a handle, a name, groups, and the number of their private account."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="Nom complet")
        parser.add_argument(
            "--groups", nargs="+", required=True, choices=sorted(STAFF_GROUPS)
        )
        private = parser.add_mutually_exclusive_group(required=True)
        private.add_argument("--phone", default="", help="Numéro du compte personnel")
        private.add_argument(
            "--no-account", action="store_true", help="N’a pas de compte personnel"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the person; CommandError says why not."""
        ensure_groups()
        try:
            person, password = add_staff(
                username=options["username"],
                full_name=options["name"],
                groups=options["groups"],
                person_id=(
                    None if options["no_account"] else account_of(options["phone"])
                ),
                now=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.title} : {refusal.detail}") from refusal
        self.stdout.write(f"identifiant : {person.username}")
        self.stdout.write(f"mot de passe : {password}")
        self.stdout.write(
            "À remettre de la main à la main : il ne sera plus jamais montré. Le second"
            " facteur s’inscrit à la première entrée, sur /admin/."
        )
