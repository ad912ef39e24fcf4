"""``python3 -m deploy.local <command>``: what the Makefile's targets call."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from deploy.local import environment, gate, paths, run, setup
from deploy.local.report import Failure, say


def _test() -> int:
    with setup.ready(dev=True, testing=True) as env:
        return _verdict(gate.full(env))


def _quick() -> int:
    with setup.ready(dev=True) as env:
        return _verdict(gate.quick(env))


def _verdict(failed: list[str]) -> int:
    if failed:
        say(f"the gate failed: {', '.join(failed)}")
    return 1 if failed else 0


def _python(*arguments: str) -> int:
    command = [str(paths.VENV_PYTHON), *arguments]
    env = run.environment_of_children()
    try:
        return subprocess.run(command, cwd=paths.ROOT, env=env, check=False).returncode
    except KeyboardInterrupt:
        return 130


def _demo() -> int:
    if not paths.VENV_PYTHON.exists():
        raise Failure("Start the platform first: `make run` in another terminal.")
    return _python("-m", "deploy.demo", *sys.argv[2:])


def _bench() -> int:
    if not sys.argv[2:] or not sys.argv[2]:
        raise Failure("Which topic? make bench NAME=search SCALE=small")
    with setup.ready(dev=False):
        return _python("-m", "bench", *sys.argv[2:])


def _shell() -> int:
    with setup.ready(dev=False):
        return _python("manage.py", "shell", *sys.argv[2:])


def _up() -> int:
    setup.bring_up()
    return 0


def _lock() -> int:
    paths.make_var()
    environment.compile_locks()
    return 0


COMMANDS: dict[str, Callable[[], int]] = {
    "run": run.run,
    "test": _test,
    "quick": _quick,
    "demo": _demo,
    "bench": _bench,
    "stop": run.stop,
    "clean": run.clean,
    "shell": _shell,
    "lock": _lock,
    "up": _up,
}


def main() -> int:
    """Run one command; 1 and the reason when it fails."""
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    if name not in COMMANDS:
        say("commands: " + " ".join(COMMANDS))
        return 0 if name == "help" else 2
    try:
        return COMMANDS[name]()
    except Failure as failure:
        sys.stdout.flush()
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
