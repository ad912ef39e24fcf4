"""Processes that are watched, killed on purpose, and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local import paths
from deploy.local.programs import answers
from deploy.local.report import tail
from deploy.throwaway.keeper import Life

_PAUSE = 0.1
_GRACE = 5.0

Launch = Callable[[str, Sequence[str], Path], Life]
"""Starts a program by name and command, writing to a log."""


def by_command(env: Mapping[str, str]) -> Launch:
    """Return a way of starting programs as processes of their own."""

    def launch(name: str, command: Sequence[str], log: Path) -> Life:
        # Ends with us even when we are killed: a test run that is stopped leaves none.
        tied = shutil.which("setpriv")
        prefix = [tied, "--pdeathsig", "KILL", "--"] if tied else []
        with log.open("ab") as stream:
            process = subprocess.Popen(
                [*prefix, *command],
                cwd=paths.ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        life = Life(process.pid)
        threading.Thread(
            target=lambda: life.end(process.wait()), name=name, daemon=True
        ).start()
        return life

    return launch


class Process:
    """One program in a group of its own; started again whenever it dies by itself."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        launch: Launch,
        *,
        log: Path,
        health: str = "",
        says: str = "",
    ) -> None:
        self.name = name
        self.health = health
        self.says = says
        self.deaths: list[int] = []
        """Exit codes of the lives that ended by themselves; -9 is SIGKILL."""
        self._command = list(command)
        self._launch = launch
        self._log = log
        self._life: Life | None = None
        self._mark = 0
        self._wanted = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Process id of the present life, 0 between two lives."""
        life = self._life
        return life.pid if life is not None and life.code is None else 0

    def children(self) -> set[int]:
        """Return the ids of the processes that this one started (granian's workers)."""
        found: set[int] = set()
        for task in Path(f"/proc/{self.pid}/task").glob("*/children"):
            try:
                found.update(int(text) for text in task.read_text().split())
            except OSError:
                continue
        return found

    def start(self) -> None:
        """Start it and keep it up."""
        self._wanted = True
        self._begin()
        threading.Thread(target=self._watch, name=self.name, daemon=True).start()

    def is_ready(self) -> bool:
        """Say whether the present life is up: health address, log line, or running."""
        if not self.pid:
            return False
        if self.health:
            return answers(self.health)
        if self.says:
            with self._log.open("rb") as stream:
                stream.seek(self._mark)
                return self.says.encode() in stream.read()
        return True

    def last_lines(self) -> str:
        """Return the end of its log."""
        return tail(self._log)

    def ask_to_stop(self) -> None:
        """Send SIGTERM; it is not started again."""
        with self._lock:
            self._wanted = False
        _signal(self.pid, signal.SIGTERM)

    def strike(self) -> None:
        """Kill the present life without a word, once there is one; another follows."""
        while not (group := self.pid):
            time.sleep(0.01)
        _signal(group, signal.SIGKILL)

    def stop(self) -> None:
        """End it: asked first, then killed with its whole group."""
        self.ask_to_stop()
        life = self._life
        if life is None:
            return
        life.wait(_GRACE)
        _signal(life.pid, signal.SIGKILL)
        life.wait(_GRACE)

    def _begin(self) -> None:
        self._mark = self._log.stat().st_size if self._log.exists() else 0
        self._life = self._launch(self.name, self._command, self._log)

    def _watch(self) -> None:
        while True:
            life = self._life
            if life is None:
                return
            code = life.wait()
            with self._lock:
                if not self._wanted:
                    return
                self.deaths.append(code or 0)
                _signal(life.pid, signal.SIGKILL)  # what it left behind
                time.sleep(_PAUSE)
                self._begin()


def _signal(group: int, number: signal.Signals) -> None:
    if not group:
        return  # between two lives; to the system, 0 would mean ourselves
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return
