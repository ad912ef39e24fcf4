"""Starting a program as a fork of a process that has loaded the project already.

Loading Django and the five apps takes seconds of processor time, and `make run` needs
it seven times: on two cores that alone would be a quarter of a minute, and a killed
worker would be away for as long. A fork starts where loading ended. In production
each program is started by its command (deploy/local/programs.py), as ever.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy.local import paths

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


@dataclass
class Fork:
    """A forked program, with the part of ``subprocess.Popen`` that is used here."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code once it has ended (negative: the signal), else None."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Wait for its end; its exit code."""
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def start(
    name: str,
    command: Sequence[str],
    *,
    output: int,
    env: Mapping[str, str],
    leave_behind: Callable[[], None] = lambda: None,
) -> Fork:
    """Fork, and run ``python -m module …`` or ``python file.py …`` in the child.

    The child has a session of its own, writes to the descriptor ``output`` and ends
    with this process. ``leave_behind`` closes there what belongs to the parent. The
    interpreter named in the command is not started: it is the one that runs us.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    # A stop that comes now must not meet the parent's handlers in the child.
    stops = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stops)
        return Fork(pid)
    code = 1
    try:
        _settle(name, output, env, parent)
        leave_behind()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, stops)
        code = _run(list(command[1:]))
    except BaseException:  # nothing may climb into the parent's frames
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(code)


def _settle(name: str, output: int, env: Mapping[str, str], parent: int) -> None:
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    libc.prctl(_PR_SET_NAME, f"lh-{name}"[:15].encode(), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # real streams
    os.environ.clear()
    os.environ.update(env)


def _run(arguments: list[str]) -> int:
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [str(paths.ROOT / arguments[0]), *arguments[1:]]
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0
