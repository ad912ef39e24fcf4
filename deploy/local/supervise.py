"""Keeps the platform's processes alive, and ends all of them together.

An own loop rather than the `supervisor` package: that one daemonises, needs a
generated file, waits at least a second between polls and leaves its children behind
when it is killed. Here one thread starts children (so that the kernel ends them with
us: PR_SET_PDEATHSIG belongs to the thread that forked), reads their output, and
restarts at once what dies, most of them as forks of this process (forked.py). A group left behind by a killed child is ended before its
successor starts, or it would keep the port.
"""

from __future__ import annotations

import os
import select
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, BinaryIO

from deploy.local import forked, paths
from deploy.local.programs import Program, answers
from deploy.local.report import Failure, say, tail

MARK = "LOKAHOME_RUN"
_STEADY = 3.0  # a process that lived this long is restarted at once
_GRACE = 6.0  # from SIGTERM to SIGKILL
_BIG_LOG = 20_000_000


class Child:
    """One process of ours, its log, and its history of deaths."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | forked.Fork | None = None
        self.output: IO[bytes] | None = None
        self.started = 0.0
        self.quick_deaths = 0
        self.start_at = 0.0
        self.heard = False
        self.ready = False
        self._rest = b""
        log = paths.LOG / f"{program.name}.log"
        if log.exists() and log.stat().st_size > _BIG_LOG:
            log.replace(log.with_suffix(".log.1"))
        self.log: BinaryIO = log.open("ab", buffering=0)

    def start(
        self, env: Mapping[str, str], leave_behind: Callable[[], None]
    ) -> IO[bytes]:
        """Start it in a session of its own that dies with this process; its output."""
        reading, writing = os.pipe()
        self.output = os.fdopen(reading, "rb", buffering=0)
        command = self.program.command
        if self.program.forked:
            self.process = forked.start(
                self.program.name,
                command,
                output=writing,
                env=env,
                leave_behind=leave_behind,
            )
        else:
            tied: list[str] = []
            if setpriv := shutil.which("setpriv"):
                tied = [setpriv, "--pdeathsig", "TERM", "--"]
            self.process = subprocess.Popen(
                [*tied, *command],
                cwd=paths.ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
            )
        os.close(writing)
        self.started = time.monotonic()
        self.heard = self.ready = False
        self._pid_file.write_text(f"{self.process.pid}\n")
        return self.output

    def close(self) -> None:
        """Close what this process holds of it; in a fork, what is the parent's."""
        self.log.close()
        if self.output:
            self.output.close()

    @property
    def _pid_file(self) -> Path:
        return paths.RUN / f"{self.program.name}.pid"

    def read(self) -> list[str] | None:
        """Whole lines it wrote since last time, now in its log too; None at the end."""
        if self.output is None:
            return None
        data = os.read(self.output.fileno(), 65536)
        if not data:
            return None
        self.log.write(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = [line.decode(errors="replace") for line in lines]
        if self.program.says and any(self.program.says in line for line in found):
            self.heard = True
        return found

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to it, or to its whole group; no error when it is gone."""
        if self.process is None:
            return
        try:
            if group:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def bury(self) -> int:
        """After its death: end its group, close its pipe; its exit code."""
        assert self.process is not None  # noqa: S101 - only called on a started one
        self.signal(signal.SIGKILL, group=True)
        if self.output:
            self.output.close()
        code = self.process.returncode or 0
        self.process = None
        self._pid_file.unlink(missing_ok=True)
        return code

    def check_ready(self) -> bool:
        """Whether it is up, by its health address, its log, or its age."""
        if self.process is None:
            self.ready = False
        elif not self.ready:
            if self.program.health:
                self.ready = answers(self.program.health)
            elif self.program.says:
                self.ready = self.heard
            else:
                self.ready = time.monotonic() - self.started > 1
        return self.ready


class Supervisor:
    """Runs programs until told to stop."""

    def __init__(
        self,
        programs: Sequence[Program],
        env: Mapping[str, str],
    ) -> None:
        self.children = [Child(program) for program in programs]
        self._env = {**env, MARK: paths.DIGEST, "PYTHONUNBUFFERED": "1"}
        self._selector = selectors.DefaultSelector()
        self._told = 0
        self._width = max(len(p.name) for p in programs)

    def told_to_stop(self, number: int, frame: object) -> None:
        """Signal handler: an orderly stop; a third signal kills at once."""
        self._told += 1

    def run(self, announce: Callable[[], None], *, patience: float = 90) -> None:
        """Start all, announce once all are ready, keep them up until told to stop.

        Raises Failure, everything ended, when one cannot start.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.told_to_stop)
        begin = time.monotonic()
        announced = False
        next_look = 0.0
        try:
            while not self._told:
                self._start_due()
                self._turn(0.1)
                now = time.monotonic()
                if announced or now < next_look:
                    continue
                next_look = now + 0.2
                if self._all_ready():
                    announced = True
                    announce()
                elif now - begin > patience:
                    self._give_up(f"is not ready after {now - begin:.0f} s")
                elif any(child.quick_deaths >= 3 for child in self.children):
                    self._give_up("cannot start")
        finally:
            self.stop()

    def stop(self) -> None:
        """End every child: asked first, then killed; nothing is left behind."""
        alive = [child for child in self.children if child.process]
        for child in alive:
            child.signal(signal.SIGTERM)
        until = time.monotonic() + _GRACE
        while any(child.process for child in alive):
            if time.monotonic() > until or self._told > 2:
                for child in alive:
                    child.signal(signal.SIGKILL, group=True)
            self._turn(0.05, stopping=True)
        end_strays()
        for child in self.children:
            child.close()

    def _leave_behind(self) -> None:
        self._selector.close()
        for child in self.children:
            child.close()

    def _all_ready(self) -> bool:
        # every one is asked, so that a failure can name all that are late
        return [child.check_ready() for child in self.children].count(False) == 0

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is None and now >= child.start_at:
                output = child.start(self._env, self._leave_behind)
                self._selector.register(output, selectors.EVENT_READ, child)

    def _turn(self, seconds: float, *, stopping: bool = False) -> None:
        """One turn: pass output on, notice deaths."""
        if self._selector.get_map():
            for key, _ in self._selector.select(seconds):
                lines = key.data.read()
                if lines is None:  # it closed its output, and may live on
                    self._selector.unregister(key.fileobj)
                else:
                    self._show(key.data, lines)
        else:
            time.sleep(seconds)
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._died(child, stopping=stopping)

    def _died(self, child: Child, *, stopping: bool) -> None:
        output = child.output
        if output is None:
            return
        if output in self._selector.get_map():
            while select.select([output], [], [], 0)[0]:
                lines = child.read()
                if lines is None:
                    break
                self._show(child, lines)
            self._selector.unregister(output)
        lived = time.monotonic() - child.started
        code = child.bury()
        if stopping:
            return
        child.quick_deaths = 0 if lived > _STEADY else child.quick_deaths + 1
        pause = min(5.0, 0.5 * child.quick_deaths)
        child.start_at = time.monotonic() + pause
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        say(f"{child.program.name} {how}; starting it again")

    def _give_up(self, reason: str) -> None:
        late = [c for c in self.children if not c.ready or c.quick_deaths >= 3]
        worst = max(late or self.children, key=lambda c: c.quick_deaths)
        log = paths.LOG / f"{worst.program.name}.log"
        names = ", ".join(child.program.name for child in late)
        raise Failure(
            f"{names} {reason}. Last lines of var/log/{log.name}:\n{tail(log)}"
        )

    def _show(self, child: Child, lines: list[str]) -> None:
        """Pass lines to the screen, but never wait for a reader that sleeps."""
        for line in lines:
            text = f"{child.program.name:<{self._width}} | {line}"[:4000] + "\n"
            try:
                if select.select([], [sys.stdout], [], 0)[1]:
                    sys.stdout.write(text)
                    sys.stdout.flush()
            except (OSError, ValueError):
                return


def strays() -> list[int]:
    """Processes that some `make run` of this checkout started."""
    mark = f"{MARK}={paths.DIGEST}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if mark in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


def end_strays() -> int:
    """End what a killed supervisor left behind; how many there were."""
    left = strays()
    until = time.monotonic() + 3
    number = signal.SIGTERM
    while remaining := strays():
        for pid in remaining:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        if time.monotonic() > until:
            number = signal.SIGKILL
        time.sleep(0.1)
    return len(left)
