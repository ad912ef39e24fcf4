"""A superuser of the database alters the audit log in a thousand ways; all are found.

Three figures: what of the tamperings is found (and found again without the anchor, which
shows what the anchor is for), how long a deed stays unsealed on a running platform, and
what reading the whole chain costs.
"""

from __future__ import annotations

import json
import random
import secrets
import subprocess
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from bench.figures import Aim, Run
from deploy.local import paths
from deploy.throwaway.database import connect
from deploy.throwaway.platform import Platform, platform

TAMPERINGS = {"small": 60, "full": 1_000}
ROWS = {"small": 2_000, "full": 100_000}
SAMPLES = {"small": 2, "full": 12}

AIMS = (
    Aim("tamperings", ">=", 1_000, scales=("full",)),
    Aim("missed", "==", 0),
    Aim("false_alarms", "==", 0),
    Aim("slowest_seal_seconds", "<=", 60),
    Aim("verify_findings", "==", 0),
)


def measure(run: Run) -> None:
    """Start beat and a worker, time the seals; then alter, then read a long log."""
    with platform(run=("worker", "beat"), demo=False) as here:
        _window(run, here)
        for name in ("worker", "beat"):
            here.stop(name)
        for name, value in _altering(run, here).items():
            run.figure(name, value)


def _altering(run: Run, here: Platform) -> dict[str, Any]:
    """Run `bench.audit.altering` as the owner of the tables; return its figures."""
    command = [
        *(str(paths.VENV_PYTHON), "-m", "bench.audit.altering"),
        *("--tamperings", str(TAMPERINGS[run.scale])),
        *("--rows", str(ROWS[run.scale])),
    ]
    env = {**here.env, "DATABASE_URL": here.env["DATABASE_OWNER_URL"]}
    done = subprocess.run(
        command, cwd=paths.ROOT, env=env, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"altering broke:\n{done.stdout}{done.stderr[-3000:]}")
    for line in lines[:-1]:
        run.say(line)
    figures: dict[str, Any] = json.loads(lines[-1])
    return figures


def _window(run: Run, here: Platform) -> None:
    """Write deeds at moments that nobody planned; wait until each is sealed."""
    dice = random.Random(7)
    slowest = 0.0
    with connect(here.env["DATABASE_URL"]) as database:
        for _ in range(SAMPLES[run.scale]):
            deed = _new_id()
            database.execute(
                "INSERT INTO core_auditevent (id, created_at, action, subject, reason,"
                " details, request_id) VALUES (%s, now(), 'bench.deed', 'bench:1', '',"
                " '{}', '')",
                [deed],
            )
            begin = time.monotonic()
            while not database.execute(
                "SELECT 1 FROM core_auditentry WHERE row_id = %s", [deed]
            ).fetchone():
                if time.monotonic() - begin > 120:
                    break
                time.sleep(0.2)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(dice.uniform(0, 5))
    run.say(f"  unsealed for at most {slowest:.1f} s in {SAMPLES[run.scale]} samples")
    run.figure("slowest_seal_seconds", round(slowest, 1))


def _new_id() -> uuid.UUID:
    millis = int(datetime.now(UTC).timestamp() * 1_000)
    return uuid.UUID(
        int=(millis << 80) | (0x7 << 76) | (0b10 << 62) | secrets.randbits(62)
    )
