"""`make run` and `make stop`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

from deploy.local import envfile, keeper, locks, paths, setup
from deploy.local.report import Failure, say
from deploy.local.supervise import MARK, end_strays


def run() -> int:
    """Set up, start everything, say where it is, stay until told to stop."""
    paths.make_var()
    lock = locks.RunLock()
    if not lock.take():
        raise Failure("LOKAHOME already runs from this checkout: `make stop` ends it.")
    begin = time.time()
    # While setting up, a stop is an ordinary exit through `finally`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    setup.SUPERVISOR_PID.write_text(f"{os.getpid()}\n")
    try:
        if left := end_strays():
            say(f"  ended {left} process(es) that a killed run had left behind")
        with setup.ready(dev=False) as env:
            code = _keep(env, begin)
            end_strays()
    finally:
        setup.SUPERVISOR_PID.unlink(missing_ok=True)
        lock.leave()
    say("LOKAHOME has stopped")
    return code


def _keep(env: Mapping[str, str], begin: float) -> int:
    """Run the keeper of the programs to its end; meanwhile keep the servers up."""
    existing = setup.uses_existing_servers()
    tied: list[str] = []
    if setpriv := shutil.which("setpriv"):
        tied = [setpriv, "--pdeathsig", "TERM", "--"]
    process = subprocess.Popen(
        [*tied, str(paths.VENV_PYTHON), "-m", "deploy.local.keeper"],
        cwd=paths.ROOT,
        env={
            **env,
            MARK: paths.DIGEST,
            keeper.BEGUN: str(begin),
            "PYTHONUNBUFFERED": "1",
            # Threads of a numeric library would not survive the forks.
            "OPENBLAS_NUM_THREADS": "1",
        },
        stdin=subprocess.DEVNULL,
    )

    def pass_on(number: int, frame: object) -> None:
        # Ctrl-C reaches the keeper by itself: it is in the terminal's group.
        if number != signal.SIGINT and process.poll() is None:
            process.send_signal(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    while True:
        try:
            code = process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            if not existing:
                setup.heal_servers()
            continue
        return 0 if code in (0, 143) else abs(code)


def stop() -> int:
    """End what `make run` or `make up` started here; quiet when there is nothing."""
    paths.make_var()
    pid = setup.supervisor_pid()
    if pid is not None:
        _end(pid)
    end_strays()
    with locks.set_up_lock():
        setup.KEEP.unlink(missing_ok=True)
        if locks.servers_in_use():
            say("PostgreSQL and Redis stay up: another command here still uses them")
        else:
            setup.stop_servers()
    say("LOKAHOME is stopped")
    return 0


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + 12
    while setup.supervisor_pid() == pid:
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            break
        time.sleep(0.1)


def clean() -> int:
    """Stop, then remove the environment and everything kept for this checkout."""
    stop()
    with locks.set_up_lock():
        if locks.servers_in_use():
            raise Failure(
                "another command of this checkout is at work: try again later"
            )
    from deploy.local.account import remove_away

    remove_away()
    for folder in (paths.VAR, paths.VENV):
        if folder.exists():
            shutil.rmtree(folder)
    say("removed var/ and .venv/")
    return 0


def environment_of_children() -> dict[str, str]:
    """What children get, with the PostgreSQL tools (pgbench) on the path."""
    from deploy.local.packages import postgres_bin

    env = envfile.merged()
    if folder := postgres_bin():
        env["PATH"] = f"{env.get('PATH', os.defpath)}{os.pathsep}{folder}"
    return env
