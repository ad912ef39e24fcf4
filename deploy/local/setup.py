"""Everything between a fresh clone and servers that answer, step by step."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import (
    account,
    envfile,
    environment,
    locks,
    packages,
    paths,
    ports,
    values,
)
from deploy.local.cluster import Cluster
from deploy.local.redis_server import RedisServer
from deploy.local.report import Failure, say, step

# Servers brought up to stay (`up`) outlive their users until `make stop`.
KEEP = paths.RUN / "servers.keep"
SUPERVISOR_PID = paths.RUN / "supervisor.pid"


@dataclass(frozen=True)
class Servers:
    """The two private servers."""

    postgres: Cluster
    redis: RedisServer

    def ensure(self) -> list[str]:
        """Start and heal what is not up; says what was done."""
        remarks = []
        if not self.postgres.is_up():
            self.postgres.start()
            remarks.append("PostgreSQL started")
        if self.postgres.provision():
            remarks.append("roles, database and extensions made")
        if not self.redis.is_up():
            self.redis.start()
            remarks.append("Redis started")
        return remarks or ["already up"]

    def stop(self) -> None:
        """Stop both."""
        self.redis.stop()
        self.postgres.stop()


def _servers(kept: dict[str, str]) -> Servers:
    runs_as = account.current()
    return Servers(
        Cluster(
            runs_as,
            account.home_of("postgres", runs_as),
            int(kept.get("POSTGRES_PORT") or 0),
            kept.get("POSTGRES_OWNER_PASSWORD", ""),
            kept.get("POSTGRES_APP_PASSWORD", ""),
        ),
        RedisServer(
            runs_as,
            account.home_of("redis", runs_as),
            int(kept.get("REDIS_PORT") or 0),
            kept.get("REDIS_PASSWORD", ""),
        ),
    )


def uses_existing_servers() -> bool:
    """Whether a person gave the three addresses; Failure if only some of them."""
    existing, missing = values.wants_existing_servers(
        envfile.given(), envfile.read(paths.LOCAL_ENV)
    )
    if missing:
        raise Failure(
            "To use servers of your own, give all three of "
            f"{', '.join(values.EXTERNAL)} (missing: {', '.join(missing)}); "
            "to get private ones, give none."
        )
    return existing


def _settle_values(*, existing: bool) -> None:
    """Complete var/local.env; ports our live processes hold do not move."""
    kept = envfile.read(paths.LOCAL_ENV)
    running: set[str] = set()
    if supervisor_pid() not in (None, os.getpid()):
        running |= set(values.WEB_PORTS)
    if not existing and kept.get("POSTGRES_PORT"):
        servers = _servers(kept)
        if servers.postgres.postmaster() is not None:
            running.add("POSTGRES_PORT")
        if servers.redis.is_up():
            running.add("REDIS_PORT")
    values.save(
        values.complete(
            kept,
            given=envfile.given(),
            running=frozenset(running),
            private_servers=not existing,
        )
    )


def supervisor_pid() -> int | None:
    """Process id of this checkout's live `make run`, or None."""
    try:
        pid = int(SUPERVISOR_PID.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if b"deploy.local" in command else None


@contextmanager
def ready(*, dev: bool, testing: bool = False) -> Iterator[dict[str, str]]:
    """Set everything up, lend the environment for children, then leave the servers.

    The last process that uses the private servers stops them.
    """
    paths.make_var()
    lease = locks.ServerLease()
    existing = uses_existing_servers()
    try:
        with locks.set_up_lock():
            _set_up(dev=dev, testing=testing, existing=existing)
            if not existing:
                lease.take()
        yield envfile.merged()
    finally:
        lease.leave()
        if not existing:
            release_servers()


def _set_up(*, dev: bool, testing: bool, existing: bool) -> None:
    with step("system packages") as remarks:
        remarks.append(packages.ensure(servers=not existing, testing=testing))
    with step("Python packages") as remarks:
        remarks.append(environment.ensure(dev=dev))
    with step("var/local.env") as remarks:
        _settle_values(existing=existing)
    if existing:
        with step("existing servers") as remarks:
            _check_existing(testing=testing)
            remarks.append("connected, extensions and roles as they should be")
    else:
        with step("private servers") as remarks:
            kept = envfile.read(paths.LOCAL_ENV)
            try:
                remarks.extend(_servers(kept).ensure())
            except Failure:
                # Somebody may have taken a port since it was chosen.
                if _ports_hold(kept):
                    raise
                _settle_values(existing=False)
                remarks.extend(_servers(envfile.read(paths.LOCAL_ENV)).ensure())


def _ports_hold(kept: dict[str, str]) -> bool:
    return all(ports.is_free(int(kept[name])) for name in values.SERVER_PORTS)


def _check_existing(*, testing: bool) -> None:
    command = [str(paths.VENV_PYTHON), "-m", "deploy.local.existing"]
    done = subprocess.run(
        [*command, *(["--testing"] if testing else [])],
        cwd=paths.ROOT,
        env=envfile.merged(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Failure(done.stdout + done.stderr)


def release_servers() -> None:
    """Stop the private servers unless somebody uses them or they are to stay."""
    with locks.set_up_lock():
        if not KEEP.exists() and not locks.servers_in_use():
            stop_servers()


def stop_servers() -> None:
    """Stop the private servers. Call under ``set_up_lock``."""
    kept = envfile.read(paths.LOCAL_ENV)
    if kept.get("POSTGRES_PORT") and all(
        os.path.lexists(paths.VAR / name) for name in ("postgres", "redis")
    ):
        _servers(kept).stop()


def bring_up() -> None:
    """Start the servers and leave them up until `make stop`."""
    paths.make_var()
    with locks.set_up_lock():
        _set_up(dev=True, testing=False, existing=uses_existing_servers())
        KEEP.touch()
    say("  servers stay up until `make stop`")


def heal_servers() -> None:
    """Start again whichever private server died under a running platform.

    Never waits: the supervisor calls it between two looks at its processes. A server
    that hangs while it holds its port is left to the person at the terminal.
    """
    servers = _servers(envfile.read(paths.LOCAL_ENV))
    if servers.postgres.postmaster() is None or ports.is_free(servers.redis.port):
        with locks.set_up_lock(wait=False) as taken:
            if taken:
                try:
                    remarks = servers.ensure()
                except Failure as failure:
                    remarks = [str(failure)]
                for remark in remarks:
                    say(f"private servers: {remark}")
