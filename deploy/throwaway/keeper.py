"""One process that loads the project and forks every program of a platform.

Loading Django takes seconds of processor time; a platform needs it five times, and each
restart after a kill once more. ``python -m deploy.throwaway.keeper`` reads orders as
lines of JSON and answers with the process ids, later with the exit codes.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.local import forked, paths
from deploy.local.keeper import PRELOADED, load

_TURN = 0.02


class Life:
    """One life of a program: its process id, and its exit code once it has ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self._over = threading.Event()

    def end(self, code: int) -> None:
        """Note the end; negative codes are signals."""
        self.code = code
        self._over.set()

    def wait(self, seconds: float | None = None) -> int | None:
        """Return the exit code, None when it has not ended in time."""
        self._over.wait(seconds)
        return self.code


class Keeper:
    """The side that orders: starts the keeper's process and keeps count of its forks."""

    def __init__(self, env: Mapping[str, str], *, log: Path) -> None:
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                [str(paths.VENV_PYTHON), "-m", "deploy.throwaway.keeper"],
                cwd=paths.ROOT,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                start_new_session=True,
            )
        self._log = log
        self._lives: dict[int, Life] = {}
        self._started: dict[int, threading.Event] = {}
        self._orders = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, name="keeper", daemon=True).start()

    def start(self, name: str, command: Sequence[str], log: Path) -> Life:
        """Fork ``python …`` as *name*, writing to *log*; raises RuntimeError."""
        with self._lock:
            self._orders += 1
            number = self._orders
            started = self._started[number] = threading.Event()
            order = {
                "number": number,
                "name": name,
                "command": list(command),
                "log": str(log),
            }
            assert self._process.stdin is not None  # noqa: S101 - PIPE above
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
        if not started.wait(60) or number not in self._lives:
            raise RuntimeError(f"{name} was not started:\n{self._log.read_text()}")
        return self._lives[number]

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; its output (both streams) is the ``stdout``."""
        output = self._log.with_name(f"run-{self._orders}.log")
        code = self.start("run", command, output).wait()
        text = output.read_text("utf-8", errors="replace")
        return subprocess.CompletedProcess(list(command), code or 0, text, "")

    def stop(self) -> None:
        """End the keeper, and with it whatever it started."""
        assert self._process.stdin is not None  # noqa: S101 - PIPE above
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - PIPE above
        for line in self._process.stdout:
            told: dict[str, int] = json.loads(line)
            number = told["number"]
            if "pid" in told:
                self._lives[number] = Life(told["pid"])
                self._started[number].set()
            else:
                self._lives[number].end(told["code"])
        for started in self._started.values():  # it is gone: nobody waits for it
            started.set()
        for life in self._lives.values():
            if life.code is None:
                life.end(-signal.SIGKILL)


def _tell(told: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _fork(order: dict[str, Any]) -> forked.Fork:
    with Path(order["log"]).open("ab") as stream:
        return forked.start(
            order["name"],
            order["command"],
            output=stream.fileno(),
            # A copy: the child empties its environment before it is filled from this.
            env=dict(os.environ),
        )


def main() -> int:
    """Load the project, then fork to order until the orders end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load()
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    forks: dict[int, forked.Fork] = {}
    rest = b""
    try:
        while True:
            if select.select([0], [], [], _TURN)[0]:
                data = os.read(0, 65536)
                if not data:
                    return 0
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    order = json.loads(line)
                    fork = forks[order["number"]] = _fork(order)
                    _tell({"number": order["number"], "pid": fork.pid})
            for number, fork in list(forks.items()):
                code = fork.poll()
                if code is not None:
                    del forks[number]
                    _tell({"number": number, "code": code})
    finally:
        for fork in forks.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(fork.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
