"""Processes that are watched, killed on purpose, and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local import paths
from deploy.local.programs import answers
from deploy.local.report import tail

_PAUSE = 0.1
_GRACE = 5.0


class Process:
    """One program in a group of its own; started again whenever it dies by itself."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
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
        self._env = dict(env)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._mark = 0
        self._wanted = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Process id of the present life, 0 between two lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def children(self) -> set[int]:
        """Return the ids of the processes that this one started (granian's workers)."""
        parent = self.pid
        found: set[int] = set()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found.update(int(text) for text in task.read_text().split())
            except OSError:
                continue
        return found

    def start(self) -> None:
        """Start it and keep it up."""
        self._wanted = True
        self._launch()
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

    def stop(self) -> None:
        """End it: asked first, then killed with its whole group."""
        with self._lock:
            self._wanted = False
            process = self._process
        if process is None:
            return
        _signal(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
        _signal(process.pid, signal.SIGKILL)
        process.wait()

    def _launch(self) -> None:
        # Ends with us even when we are killed: a test run that is stopped leaves none.
        tied = shutil.which("setpriv")
        prefix = [tied, "--pdeathsig", "KILL", "--"] if tied else []
        with self._log.open("ab") as stream:
            self._mark = stream.tell()
            self._process = subprocess.Popen(
                [*prefix, *self._command],
                cwd=paths.ROOT,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while True:
            process = self._process
            if process is None:
                return
            code = process.wait()
            with self._lock:
                if not self._wanted:
                    return
                self.deaths.append(code)
                _signal(process.pid, signal.SIGKILL)  # what it left behind
                time.sleep(_PAUSE)
                self._launch()


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return
