"""Inside a throwaway database, as the owner of its tables: alter and verify.

``python -m bench.audit.altering``: prints lines of a table, then one line of JSON. Each tampering is rolled back after the chain was read against it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

EVENTS, STEPS, SEALS = 240, 60, 30


def fill(events: int, steps: int, *, seals: int) -> None:
    """Write deeds and steps of objects, in *seals* batches, each sealed and anchored."""
    from lokahome.core import clock
    from lokahome.core.audit.anchors import drop_anchors
    from lokahome.core.audit.models import AuditEvent, StateChange
    from lokahome.core.audit.sealing import seal_next
    from lokahome.core.ids import uuid7

    for batch in range(seals):
        AuditEvent.objects.bulk_create(
            AuditEvent(
                action=f"bench.deed_{number % 7}",
                subject=f"bench:{batch}-{number}",
                actor_id=uuid7(),
                reason="parce que",
                details={"amount": 35_000 + number},
            )
            for number in range(events // seals)
        )
        StateChange.objects.bulk_create(
            StateChange(
                subject=f"bench:{batch}-{number}",
                source="submitted",
                action="publish",
                target="published",
                actor_kind="staff",
            )
            for number in range(steps // seals)
        )
        while seal_next(now=clock.now()) is not None:
            pass
    drop_anchors()


def tamper(count: int) -> dict[str, Any]:
    """Alter the log *count* times, reading it after each; return the figures."""
    from django.db import connection, transaction

    from bench.audit.tampering import TAMPERS, disarm, rewrite
    from lokahome.core import clock
    from lokahome.core.audit.anchors import anchor
    from lokahome.core.audit.verifying import verify

    fill(EVENTS, STEPS, seals=SEALS)
    place = anchor()
    clean = verify(now=clock.now(), place=place)
    connection.ensure_connection()
    owner: Any = connection.connection
    disarm(owner)
    dice = random.Random(20_261_123)
    ways = {
        **TAMPERS,
        "rewrite: without the key": rewrite(stolen=False),
        "rewrite: with the key": rewrite(stolen=True),
    }
    names = sorted(ways)
    tried: Counter[str] = Counter()
    found: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {name: Counter() for name in names}
    for number in range(count):
        name = names[number % len(names)]
        with transaction.atomic():
            ways[name](owner, dice)
            findings = verify(now=clock.now(), place=place)
            alone[name] += bool(verify(now=clock.now(), place=None))
            transaction.set_rollback(True)
        tried[name] += 1
        found[name] += bool(findings)
        kinds[name].update({finding.kind for finding in findings})
    print(f"  {'tampering':<26}{'tried':>6}{'found':>7}{'without anchor':>16}  by")
    for name in names:
        common = ", ".join(kind for kind, _times in kinds[name].most_common(2))
        print(
            f"  {name:<26}{tried[name]:>6}{found[name]:>7}{alone[name]:>16}  {common}"
        )
    return {
        "tamperings": sum(tried.values()),
        "found": sum(found.values()),
        "missed": sum(tried.values()) - sum(found.values()),
        "found_without_anchor": sum(alone.values()),
        "false_alarms": len(clean),
    }


def read(rows: int) -> dict[str, Any]:
    """Seal a log of *rows* deeds and read it whole; return what both cost."""
    from lokahome.core import clock
    from lokahome.core.audit.anchors import anchor
    from lokahome.core.audit.verifying import verify

    begin = time.monotonic()
    fill(rows, 0, seals=max(rows // 1_000, 1))
    filled = time.monotonic() - begin
    begin = time.monotonic()
    findings = verify(now=clock.now(), place=anchor())
    whole = time.monotonic() - begin
    begin = time.monotonic()
    verify(now=clock.now(), place=anchor(), newest_seals=50)
    print(f"  {rows} rows: written and sealed in {filled:.1f} s, read in {whole:.1f} s")
    return {
        "verified_rows": rows,
        "verify_seconds": round(whole, 2),
        "verify_newest_seconds": round(time.monotonic() - begin, 2),
        "verify_findings": len(findings),
    }


def main() -> None:
    """Alter a short log, then read a long one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tamperings", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUDIT_ANCHOR_URL"] = f"file://{Path(folder) / 'anchor.jsonl'}"
        os.environ["LOG_LEVEL"] = "WARNING"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lokahome.settings")
        import django

        django.setup()
        figures = {**tamper(options.tamperings), **read(options.rows)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
