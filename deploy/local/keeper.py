"""The process that loads the project once, then starts and keeps its programs.

``python -m deploy.local.keeper`` in the virtual environment, started by `make run`
with the whole environment set; its end ends every program.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local import forked, paths
from deploy.local.programs import programs
from deploy.local.report import Failure, say, step, tail
from deploy.local.supervise import Supervisor

BEGUN = "LOKAHOME_RUN_BEGUN"
PRELOADED = ("lokahome.urls", "lokahome.wsgi", "lokahome.asgi", "lokahome.celery")


def load() -> None:
    """Set Django up in this process. Opens no connection: children must not share it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "lokahome.settings"
    import django

    django.setup()


def prepare(env: Mapping[str, str]) -> None:
    """Migrations, places, schedule and demo people, by the project's own command."""
    log = paths.LOG / "prepare.log"
    command = [sys.executable, "manage.py", "prepare", "--demo"]
    with log.open("wb") as stream:
        done = forked.start("prepare", command, output=stream.fileno(), env=env)
        if done.wait() != 0:
            raise Failure(f"`manage.py prepare --demo` failed:\n{tail(log)}")


def read_catalogues_again() -> None:
    """Forget the words read so far: a first `prepare` compiles them after Django loaded."""
    from django.utils.translation.reloader import translation_file_changed

    translation_file_changed(sender=None, file_path=Path("django.mo"))


def announce(env: Mapping[str, str]) -> None:
    """Print the addresses, the demo log-ins and that all is ready."""
    public = env["PUBLIC_URL"].rstrip("/")
    lines = [
        "",
        f"  public page        {public}/",
        f"  API docs           {public}/api/v1/docs",
        f"  admin              {public}/admin/",
        f"  caught SMS, mail   {public}/dev/messages",
        f"  second factors     {public}/dev/second-factor",
        f"  realtime           {env['REALTIME_URL']}/readyz",
        f"  gateway simulator  {env['SIMULATOR_URL']}/",
        f"  SMS simulator      {env['TWILIO_API_BASE']}/",
        "",
    ]
    if paths.DEMO_LOGINS.exists():
        logins = paths.DEMO_LOGINS.read_text(encoding="utf-8").strip().splitlines()
        lines += [*(f"  {line}" for line in logins), ""]
    seconds = time.time() - float(env.get(BEGUN) or time.time())
    lines += [f"  ready after {seconds:.1f} s", "LOKAHOME is ready"]
    # Unlike the programs' output this must arrive, however slow the reader.
    say("\n".join(lines))


def main() -> int:
    """Load, prepare, keep; 1 and the reason when something cannot start."""
    # Until the supervisor takes over, a stop is an ordinary exit.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    env = dict(os.environ)
    try:
        with step("loading the project"):
            load()
        with step("database and demo") as remarks:
            prepare(env)
            remarks.append("see var/log/prepare.log")
        read_catalogues_again()
        with step("loading the programs"):
            for name in PRELOADED:
                importlib.import_module(name)
        # What is loaded stays shared between the programs if nobody writes to it.
        gc.collect()
        gc.freeze()
        Supervisor(programs(env), env).run(lambda: announce(env))
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
