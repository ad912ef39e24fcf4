"""What the person at the terminal reads while the machine works."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Failure(Exception):
    """A step that cannot go on; its text tells the person what to do."""


def say(text: str) -> None:
    """Print one line now, even into a pipe; a reader that left is no error."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except (BrokenPipeError, OSError):
        return


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Time one step and print ``name  seconds  remarks`` when it ends well.

    The body may append remarks to the list it is given.
    """
    remarks: list[str] = []
    begin = time.monotonic()
    yield remarks
    took = time.monotonic() - begin
    say(f"  {name:<24}{took:7.1f} s  {'; '.join(remarks)}".rstrip())


def tail(path: Path, lines: int = 30) -> str:
    """Last lines of a log, or a word saying that there is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:])
