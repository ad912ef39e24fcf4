"""`manage.py verify_audit`: is the audit log what was sealed?"""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lokahome.core import clock
from lokahome.core.audit.anchors import anchor
from lokahome.core.audit.explaining import LONGEST_REASON, explain
from lokahome.core.audit.models import AuditEntry, AuditSeal
from lokahome.core.audit.verifying import gaps_at, look

SHOWN = 50


class Command(BaseCommand):
    """Read the whole chain and the anchor; fail when something was altered.

    An outage leaves a gap as a hand does: ``--explain`` writes who answers for it, and
    the line stays in the log, under an HMAC that takes the key of the seals.
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
        """Answer for the gaps before a seal, in the log that they are gaps of."""
        if not reason.strip():
            raise CommandError("--reason : dites pourquoi rien n’était scellé")
        if len(reason.strip()) > LONGEST_REASON:
            raise CommandError(f"--reason : {LONGEST_REASON} caractères au plus")
        seal, gaps = gaps_at(position)
        if seal is None or not gaps:
            raise CommandError(f"aucune interruption avant le sceau {position}")
        explain(seal, kinds={gap.kind for gap in gaps}, reason=reason.strip())
        for gap in gaps[:SHOWN]:
            self.stdout.write(f"  {gap}")
        self.stdout.write("expliqué ; compte dès que le prochain sceau est posé")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found; CommandError when it is anything.

        With ``--explain`` nothing is verified: what it writes is not sealed yet.
        """
        if options["explain"] is not None:
            self._explain(options["explain"], options["reason"])
            return
        started = time.monotonic()
        place = anchor()
        seen = look(now=clock.now(), place=place, newest_seals=options["newest"])
        findings = seen.findings
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
            told = [str(gap) for gap in seen.explained]
            lines = {**counts, "found": found, "explained": told}
            self.stdout.write(json.dumps(lines))
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
            for gap in seen.explained:
                self.stdout.write(f"  explained: {gap}")
        if findings:
            raise CommandError(f"{len(findings)} anomalie(s) dans le journal d’audit")
