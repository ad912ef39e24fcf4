"""Nearby search over HTTP beside the same SQL alone, on generated listings.

The two columns come from one machine, one database and the same requests, alternated:
only their ratio says something about this code.
"""

from __future__ import annotations

import json
from typing import Any

from bench.figures import Aim, Run
from bench.search.exactness import wrong_answers
from bench.search.load import Latencies, measure_http, measure_pgbench
from deploy.local import paths
from deploy.throwaway.platform import Platform, platform

SIZES = {"small": 5_000, "full": 100_000}
QUERIES = {"small": 60, "full": 120}
CHECKED = {"small": 60, "full": 40}
ROUNDS = {"small": 1, "full": 5}
SECONDS = {"small": 3.0, "full": 20.0}
CLIENTS = (1, 4)
RADIUS_M = 2000
LIMIT = 20

AIMS = (
    Aim("wrong_answers", "==", 0),
    Aim("failed_requests", "==", 0),
    Aim("checked_queries", ">=", 40),
    Aim("http_p99_ms_1", "<=", 250.0, scales=("full",)),
)

PRODUCTION = {
    "DEBUG": "0",
    "DEV_DOORS": "0",
    "SECURE_SSL_REDIRECT": "0",
    "SMS_TRANSPORT": "none",
    "SIMULATOR_URL": "",
    "FAILPOINT_DIR": "",
    "FEDAPAY_API_BASE": "https://api.fedapay.com",
    "LOG_LEVEL": "WARNING",
    "WEB_WORKERS": "2",
}
"""As on a server: a development process would keep every statement in memory."""


def measure(run: Run) -> None:
    """Generate, check, and time both columns in turn."""
    with platform(run=("web",), extra=PRODUCTION, demo=False) as here:
        queries = _generate(run, here)
        wrong = wrong_answers(here, queries[: CHECKED[run.scale]])
        for line in wrong:
            run.say(f"  WRONG: {line}")
        run.figure("listings", SIZES[run.scale])
        run.figure("checked_queries", len(queries[: CHECKED[run.scale]]))
        run.figure("wrong_answers", len(wrong))
        _time(run, here, queries)


def _generate(run: Run, here: Platform) -> list[dict[str, Any]]:
    """Fill the database, and return the requests with the statements each issues."""
    target = here.home / "queries.json"
    command = [
        *(str(paths.VENV_PYTHON), "-m", "bench.search.generate"),
        *("--listings", str(SIZES[run.scale]), "--queries", str(QUERIES[run.scale])),
        *("--radius", str(RADIUS_M), "--limit", str(LIMIT), "--out", str(target)),
    ]
    done = here.keeper.run(command)
    if done.returncode != 0:
        raise RuntimeError(f"nothing was generated:\n{done.stdout[-3000:]}")
    run.say(done.stdout.rstrip())
    found: list[dict[str, Any]] = json.loads(target.read_text("utf-8"))
    return found


def _time(run: Run, here: Platform, queries: list[dict[str, Any]]) -> None:
    columns: dict[str, list[Latencies]] = {}
    for turn in range(ROUNDS[run.scale]):
        for clients in CLIENTS:
            for name, measured in (("http", measure_http), ("sql", measure_pgbench)):
                part = f"{name}-{clients}-{turn}"
                kept = run.state.get(part)
                if kept is None:
                    found = measured(
                        here, queries, clients=clients, seconds=SECONDS[run.scale]
                    )
                    run.state.put(part, found.as_json())
                else:
                    found = Latencies.from_json(kept)
                columns.setdefault(f"{name}_{clients}", []).append(found)
    run.say(f"\n  {'':14}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'per s':>9}")
    for clients in CLIENTS:
        medians = {}
        for name in ("http", "sql"):
            found = Latencies.middle(columns[f"{name}_{clients}"])
            medians[name] = found
            label = f"{name}, {clients} client{'s' if clients > 1 else ''}"
            run.say(
                f"  {label:<14}{found.p50:>9.2f}{found.p95:>9.2f}{found.p99:>9.2f}"
                f"{found.per_second:>9.0f}"
            )
            run.figure(f"{name}_p50_ms_{clients}", round(found.p50, 2))
            run.figure(f"{name}_p95_ms_{clients}", round(found.p95, 2))
            run.figure(f"{name}_p99_ms_{clients}", round(found.p99, 2))
            run.figure(f"{name}_per_second_{clients}", round(found.per_second))
        ratio = medians["http"].p50 / medians["sql"].p50
        run.figure(f"ratio_p50_{clients}", round(ratio, 2))
    failed = sum(found.failed for rows in columns.values() for found in rows)
    run.figure("failed_requests", failed)
