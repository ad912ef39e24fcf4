"""`make run` and `make stop`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from deploy.local import envfile, locks, paths, setup
from deploy.local.programs import programs
from deploy.local.report import Failure, say, step, tail
from deploy.local.supervise import Supervisor, end_strays


def run() -> int:
    """Set up, start everything, say where it is, stay until told to stop."""
    paths.make_var()
    lock = locks.RunLock()
    if not lock.take():
        raise Failure("LOKAHOME already runs from this checkout: `make stop` ends it.")
    begin = time.monotonic()
    # Until the supervisor takes over, a stop is an ordinary exit through `finally`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    setup.SUPERVISOR_PID.write_text(f"{os.getpid()}\n")
    try:
        if left := end_strays():
            say(f"  ended {left} process(es) that a killed run had left behind")
        with setup.ready(dev=False) as env:
            prepare(env)
            supervisor = Supervisor(programs(env), env, heal=_healer())
            supervisor.run(lambda: _announce(env, time.monotonic() - begin))
            say("stopping")
    finally:
        setup.SUPERVISOR_PID.unlink(missing_ok=True)
        lock.leave()
    say("LOKAHOME has stopped")
    return 0


def prepare(env: Mapping[str, str]) -> None:
    """Migrations, places, schedule and demo people, by the project's own command."""
    log = paths.LOG / "prepare.log"
    command = [str(paths.VENV_PYTHON), "manage.py", "prepare", "--demo"]
    with step("database and demo") as remarks, log.open("wb") as stream:
        done = subprocess.run(
            command,
            cwd=paths.ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            check=False,
        )
        if done.returncode != 0:
            raise Failure(f"`manage.py prepare --demo` failed:\n{tail(log)}")
        remarks.append(tail(log, 1).strip()[:100])


def _healer() -> Callable[[], None]:
    existing = setup.uses_existing_servers()

    def heal() -> None:
        if not existing:
            setup.heal_servers()

    return heal


def _announce(env: Mapping[str, str], seconds: float) -> None:
    public = env["PUBLIC_URL"].rstrip("/")
    lines = [
        "",
        f"  public page        {public}/",
        f"  API docs           {public}/api/v1/docs",
        f"  admin              {public}/admin/",
        f"  caught SMS, mail   {public}/dev/messages",
        f"  realtime           {env['REALTIME_URL']}/readyz",
        f"  gateway simulator  {env['SIMULATOR_URL']}/",
        "",
    ]
    if paths.DEMO_LOGINS.exists():
        logins = paths.DEMO_LOGINS.read_text(encoding="utf-8").strip().splitlines()
        lines += [*(f"  {line}" for line in logins), ""]
    lines += [f"  ready after {seconds:.1f} s", "LOKAHOME is ready"]
    # Unlike the processes' output this must arrive, however slow the reader.
    say("\n".join(lines))


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
