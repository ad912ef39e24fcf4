"""Two runs of one checkout at once: one sets up, both may use the servers.

Locks are ``flock``s: the kernel drops them with the process, so a killed run
leaves nothing to clean.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local import paths
from deploy.local.report import say


def _open(name: str) -> int:
    paths.make_var()
    return os.open(paths.RUN / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def set_up_lock(*, wait: bool = True) -> Iterator[bool]:
    """One set-up (or stop) of this checkout at a time; yields whether it is ours.

    With ``wait`` it waits for the other and always yields True.
    """
    handle = _open("setup.lock")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                yield False
                return
            say("  another set-up of this checkout is at work: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield True
    finally:
        os.close(handle)


class RunLock:
    """Held for the whole life of `make run`: one a checkout."""

    def __init__(self) -> None:
        self._handle: int | None = None

    def take(self) -> bool:
        """Take it if nobody holds it; False when another run does."""
        handle = _open("run.lock")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def leave(self) -> None:
        """Let the next run start."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class ServerLease:
    """Says "I use the private servers"; the last user to leave stops them."""

    def __init__(self) -> None:
        self._handle: int | None = None

    def take(self) -> None:
        """Join the users. Call under ``set_up_lock``."""
        if self._handle is None:
            self._handle = _open("servers.lock")
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def leave(self) -> None:
        """Leave the users, whether or not others stay."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def servers_in_use() -> bool:
    """Whether some process holds a ``ServerLease``. Call under ``set_up_lock``."""
    handle = _open("servers.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
