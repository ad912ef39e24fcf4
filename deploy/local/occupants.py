"""Processes known by the folder they work in: a number may be anybody's by now."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def works_in(pid: int, folder: Path) -> bool:
    """Whether a process lives and has this working folder, as our servers have."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:
        return False


def of(folder: Path) -> list[int]:
    """All processes that work in this folder."""
    numbers = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return [pid for pid in numbers if works_in(pid, folder)]


def end(folder: Path, seconds: float = 5) -> None:
    """End all of them: asked first, killed after some seconds."""
    until = time.monotonic() + seconds
    _signal(of(folder), signal.SIGTERM)
    while remaining := of(folder):
        if time.monotonic() > until:
            _signal(remaining, signal.SIGKILL)
        time.sleep(0.1)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
