"""Starting a whole platform on free ports, and taking it away again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deploy.demo.addresses import Addresses
from deploy.local import envfile, packages, paths, ports
from deploy.local.programs import Program, programs
from deploy.throwaway.database import throwaway_database
from deploy.throwaway.keeper import Keeper
from deploy.throwaway.processes import Process, by_command

EVERYTHING = ("simulator", "web", "realtime", "worker", "beat", "relay")
_SECONDS_TO_START = 90
_OWN_PORTS = ("WEB_PORT", "REALTIME_PORT", "SIMULATOR_PORT", "SMS_SIMULATOR_PORT")
_BOOKS = ("simulator.sqlite", "sms.sqlite")


class NotReady(RuntimeError):
    """A process did not come up."""


@dataclass
class Platform:
    """A running platform: where it is, what it runs on, and its processes."""

    env: dict[str, str]
    home: Path
    keeper: Keeper = None  # type: ignore[assignment]  # once its database is there
    processes: dict[str, Process] = field(default_factory=dict)
    redis: Process | None = None
    """Its own Redis; None where only a given one exists."""

    @property
    def addresses(self) -> Addresses:
        """Where its clients find it."""
        return Addresses(
            public=self.env["PUBLIC_URL"], simulator=self.env["SIMULATOR_URL"]
        )

    @property
    def failpoints(self) -> Path:
        """The folder in which a file of a failpoint's name arms it."""
        return Path(self.env["FAILPOINT_DIR"])

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command; what it says is in ``stdout``."""
        return self.keeper.run([str(paths.VENV_PYTHON), "manage.py", *arguments])

    def start(self, program: Program) -> Process:
        """Start *program* and keep it up; `wait_ready` waits for it."""
        process = self.processes[program.name] = _process(program, self)
        process.start()
        return process

    def stop(self, name: str) -> None:
        """Stop the process *name*, and forget it."""
        self.processes.pop(name).stop()

    def wait_ready(self, *, seconds: float = _SECONDS_TO_START) -> None:
        """Wait until every process is up; raises NotReady with the late one's log."""
        until = time.monotonic() + seconds
        while late := [p for p in self.processes.values() if not p.is_ready()]:
            dying = [p for p in late if len(p.deaths) > 3]
            if dying or time.monotonic() > until:
                worst = (dying or late)[0]
                raise NotReady(f"{worst.name} is not up:\n{worst.last_lines()}")
            time.sleep(0.1)


@contextmanager
def platform(
    *,
    run: Sequence[str] = EVERYTHING,
    extra: dict[str, str] | None = None,
    demo: bool = True,
) -> Iterator[Platform]:
    """Lend a running platform; *run* names its processes, *extra* wins in their env.

    The demo people are there unless *demo* is off, as it must be without DEBUG.

    Raises NotReady. Everything it made is gone afterwards; its logs too, unless
    KEEP_THROWAWAY_LOGS names a folder to move them to.
    """
    with ExitStack() as stack:
        home = Path(tempfile.mkdtemp(prefix="lokahome-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        env = _environment(home)
        env |= stack.enter_context(throwaway_database(env))
        env |= extra or {}
        here = Platform(env=env, home=home)
        stack.callback(_keep_logs, here)
        stack.enter_context(_redis(here))
        here.keeper = Keeper(env, log=home / "log" / "keeper.log")
        stack.callback(here.keeper.stop)
        prepared = here.manage("prepare", *(["--demo"] if demo else []))
        if prepared.returncode != 0:
            raise NotReady(f"manage.py prepare failed:\n{prepared.stdout[-4000:]}")
        stack.callback(_stop_all, here)
        wanted = {program.name: program for program in programs(env)}
        for name in run:
            here.start(wanted[name])
        here.wait_ready()
        yield here


def _environment(home: Path) -> dict[str, str]:
    env = {
        key: value for key, value in envfile.merged().items() if key != "LOKAHOME_RUN"
    }
    taken: set[int] = set()
    for name in _OWN_PORTS:
        port = ports.any_free()
        while port in taken:
            port = ports.any_free()
        taken.add(port)
        env[name] = str(port)
    here = f"http://{ports.LOOPBACK}"
    for folder in ("media", "private", "failpoints", "log"):
        (home / folder).mkdir()
    return env | {
        "DEBUG": "1",
        "DEV_DOORS": "1",
        # Without the simulator of SMS, so that a code costs no second process; `extra`
        # says "twilio" and `run` names "sms" where that way is what is tested.
        "SMS_TRANSPORT": "caught",
        "AUDIT_ANCHOR_URL": f"file://{home / 'audit-anchor.jsonl'}",
        "TWILIO_API_BASE": f"{here}:{env['SMS_SIMULATOR_PORT']}",
        "QUIET_HOURS": "",
        "WEB_WORKERS": "1",
        "PUBLIC_URL": f"{here}:{env['WEB_PORT']}",
        "REALTIME_URL": f"{here}:{env['REALTIME_PORT']}",
        "SIMULATOR_URL": f"{here}:{env['SIMULATOR_PORT']}",
        "FEDAPAY_API_BASE": f"{here}:{env['SIMULATOR_PORT']}",
        "STORAGE_URL": f"file://{home}/media",
        "PRIVATE_STORAGE_URL": f"file://{home}/private",
        "FAILPOINT_DIR": str(home / "failpoints"),
        "PYTHONUNBUFFERED": "1",
    }


def _process(program: Program, here: Platform) -> Process:
    books = {str(paths.VAR / name): str(here.home / name) for name in _BOOKS}
    command = [books.get(part, part) for part in program.command]
    return Process(
        program.name,
        command,
        here.keeper.start if program.forked else by_command(here.env),
        log=here.home / "log" / f"{program.name}.log",
        health=program.health,
        says=program.says,
    )


@contextmanager
def _redis(here: Platform) -> Iterator[None]:
    """A Redis of its own; where only a given one exists, one of its databases."""
    binary = packages.redis_binary()
    if binary is None:
        given = urlsplit(here.env["REDIS_URL"])
        database = 1 + os.getpid() % 15
        here.env["REDIS_URL"] = urlunsplit(given._replace(path=f"/{database}"))
        yield
        return
    port = ports.any_free()
    server = Process(
        "redis",
        [
            *(binary, "--bind", ports.LOOPBACK, "--port", str(port)),
            *("--save", "", "--appendonly", "no", "--dir", str(here.home)),
        ],
        by_command(here.env),
        log=here.home / "log" / "redis.log",
        says="Ready to accept connections",
    )
    here.env["REDIS_URL"] = f"redis://{ports.LOOPBACK}:{port}/0"
    here.redis = server
    server.start()
    try:
        until = time.monotonic() + 10
        while not server.is_ready():
            if time.monotonic() > until:
                raise NotReady(f"redis is not up:\n{server.last_lines()}")
            time.sleep(0.02)
        yield
    finally:
        server.stop()


def _stop_all(here: Platform) -> None:
    for process in here.processes.values():
        process.ask_to_stop()
    for process in here.processes.values():
        process.stop()


def _keep_logs(here: Platform) -> None:
    kept = os.environ.get("KEEP_THROWAWAY_LOGS")
    if kept:
        target = Path(kept) / here.home.name
        shutil.copytree(here.home / "log", target, dirs_exist_ok=True)
