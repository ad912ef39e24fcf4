"""The two ways of asking: HTTP from some clients, and pgbench with the same SQL."""

from __future__ import annotations

import http.client
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from bench.figures import percentile
from deploy.local import packages
from deploy.throwaway.platform import Platform

_WARM_UP = 0.2
_MOST_SCRIPTS = 120  # pgbench takes 128


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds of one round, how many a second, how many failed."""

    p50: float
    p95: float
    p99: float
    per_second: float
    failed: int

    @classmethod
    def of(cls, values: Sequence[float], *, seconds: float, failed: int) -> Latencies:
        """Return the figures of *values* (milliseconds)."""
        return cls(
            p50=percentile(values, 0.50),
            p95=percentile(values, 0.95),
            p99=percentile(values, 0.99),
            per_second=len(values) / seconds,
            failed=failed,
        )

    @classmethod
    def middle(cls, rounds: Sequence[Latencies]) -> Latencies:
        """Return the median of each figure over *rounds*."""
        return cls(
            p50=statistics.median(r.p50 for r in rounds),
            p95=statistics.median(r.p95 for r in rounds),
            p99=statistics.median(r.p99 for r in rounds),
            per_second=statistics.median(r.per_second for r in rounds),
            failed=sum(r.failed for r in rounds),
        )

    def as_json(self) -> dict[str, float]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Latencies:
        """Return what `as_json` wrote."""
        return cls(**values)


def measure_http(
    here: Platform, queries: list[dict[str, Any]], *, clients: int, seconds: float
) -> Latencies:
    """Ask over persistent connections, anonymously, each client one at a time."""
    paths = [f"/api/v1/listings?{urlencode(query['asked'])}" for query in queries]
    results: list[tuple[list[float], int]] = []
    begin = time.monotonic()
    threads = [
        threading.Thread(
            target=lambda number=number: results.append(
                _client(here, paths, seed=number, begin=begin, seconds=seconds)
            )
        )
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = [value for found, _ in results for value in found]
    failed = sum(count for _, count in results)
    return Latencies.of(values, seconds=seconds, failed=failed)


def _client(
    here: Platform, paths: list[str], *, seed: int, begin: float, seconds: float
) -> tuple[list[float], int]:
    where = urlsplit(here.addresses.public)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    chance = random.Random(seed)
    values: list[float] = []
    failed = 0
    until = begin + _WARM_UP + seconds
    while (started := time.monotonic()) < until:
        connection.request("GET", chance.choice(paths))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            failed += 1
        elif started > begin + _WARM_UP:
            values.append((time.monotonic() - started) * 1000)
    connection.close()
    return values, failed


def measure_pgbench(
    here: Platform, queries: list[dict[str, Any]], *, clients: int, seconds: float
) -> Latencies:
    """Run every statement of the same requests, prepared, with no web in front."""
    where = urlsplit(here.env["DATABASE_URL"])
    with tempfile.TemporaryDirectory(prefix="lokahome-pgbench-") as folder:
        scripts: list[str] = []
        for number, query in enumerate(queries[:_MOST_SCRIPTS]):
            script = Path(folder) / f"{number}.sql"
            script.write_text("".join(f"{line};\n" for line in query["sql"]))
            scripts += ["-f", str(script)]
        done = subprocess.run(
            [
                *(_pgbench(), "-n", "-M", "prepared", "-c", str(clients)),
                *("-j", "1", "-T", str(max(1, round(seconds))), "-l", *scripts),
                *("-h", where.hostname or "", "-p", str(where.port or 5432)),
                *("-U", unquote(where.username or ""), where.path.lstrip("/")),
            ],
            cwd=folder,
            env={**here.env, "PGPASSWORD": unquote(where.password or "")},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"pgbench failed:\n{done.stderr[-3000:]}")
        logs = Path(folder).glob("pgbench_log.*")
        values = [
            int(line.split()[2]) / 1000
            for log in logs
            for line in log.read_text().splitlines()
        ]
    return Latencies.of(values, seconds=max(1, round(seconds)), failed=0)


def _pgbench() -> str:
    folder = packages.postgres_bin()
    inside = str(folder / "pgbench") if folder is not None else ""
    found = inside if inside and Path(inside).exists() else shutil.which("pgbench")
    if not found:
        raise RuntimeError("pgbench comes with the PostgreSQL server: it is not here")
    return found
