"""`manage.py end_staff_link handle --reason "…"`: when no lead can take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import StaffLink
from accounts.services.staff.links import end_link
from lokahome.core import clock
from lokahome.core.errors import DomainError


class Command(BaseCommand):
    """End one link of a colleague; list them where it is not plain which one."""

    help = "Retire le compte personnel déclaré par erreur d’un membre de l’équipe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose link it is, why, and which one of several."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="Motif, pour le journal")
        parser.add_argument("--link", type=UUID, help="Lequel, s’il y en a plusieurs")

    def handle(self, *args: Any, **options: Any) -> None:
        """End it; CommandError says why not."""
        links = StaffLink.objects.living().filter(staff__username=options["username"])
        if options["link"]:
            links = links.filter(pk=options["link"])
        found = list(links.order_by("id"))
        if len(found) != 1:
            lines = [
                f"{link.pk} {link.status} {link.declared_at:%Y-%m-%d}" for link in found
            ]
            raise CommandError("\n".join(["Donnez --link :", *lines]))
        try:
            link = end_link(
                link_id=found[0].pk,
                reason=options["reason"],
                actor=None,
                now=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.title} : {refusal.detail}") from refusal
        self.stdout.write(f"retiré : {link.pk}")
