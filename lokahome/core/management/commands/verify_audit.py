"""`manage.py verify_audit`: is the audit log what was sealed?"""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lokahome.core import clock
from lokahome.core.audit.anchors import anchor
from lokahome.core.audit.models import AuditEntry, AuditSeal
from lokahome.core.audit.record import record
from lokahome.core.audit.verifying import EXPLAINED, verify

SHOWN = 50


class Command(BaseCommand):
    """Read the whole chain and the anchor; fail when something was altered.

    An outage leaves a gap as a hand does: ``--explain`` writes who answers for it, and
    the line stays in the log.
    """

    help = "Vérifie le journal d’audit contre ses sceaux et son ancre."

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer JSON, the end of the chain alone, and to answer for a gap."""
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--newest", type=int, metavar="N", help="Seulement les N derniers sceaux"
        )
        parser.add_argument(
            "--explain", type=int, metavar="SCEAU", help="Répond d’une interruption"
        )
        parser.add_argument("--reason", default="", help="Ce qui s’est passé")

    def _explain(self, position: int, reason: str) -> None:
        """Answer for the gap before a seal, in the log that it is a gap of."""
        if not reason.strip():
            raise CommandError("--reason : dites pourquoi rien n’était scellé")
        record(
            EXPLAINED, subject=f"seal:{position}", actor_id=None, reason=reason.strip()
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found; CommandError when it is anything."""
        if options["explain"]:
            self._explain(options["explain"], options["reason"])
        started = time.monotonic()
        place = anchor()
        findings = verify(now=clock.now(), place=place, newest_seals=options["newest"])
        seconds = time.monotonic() - started
        counts = {
            "seals": AuditSeal.objects.count(),
            "rows": AuditEntry.objects.count(),
            "anchored": place is not None,
            "seconds": round(seconds, 2),
            "findings": len(findings),
        }
        if options["json"]:
            found = [str(finding) for finding in findings]
            self.stdout.write(json.dumps({**counts, "found": found}))
        else:
            self.stdout.write(
                "{seals} sceaux, {rows} lignes, {seconds} s".format_map(counts)
            )
            if place is None:
                self.stdout.write(
                    "aucune ancre : une coupe de la fin ne se verrait pas"
                )
            for finding in findings[:SHOWN]:
                self.stdout.write(f"  {finding}")
        if findings:
            raise CommandError(f"{len(findings)} anomalie(s) dans le journal d’audit")
