"""The platform's processes: what each runs, and how it is known to be alive."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local import paths, ports

HOST = ports.LOOPBACK


@dataclass(frozen=True)
class Program:
    """One process of `make run`.

    ``health`` is an address that answers 200 when it is ready; ``says`` a text its
    log holds then; a program with neither is ready once it has lived a second.
    ``forked``: it needs the whole project, so it is forked from where that is loaded.
    """

    name: str
    command: tuple[str, ...]
    health: str = ""
    says: str = ""
    forked: bool = False


def programs(env: Mapping[str, str]) -> list[Program]:
    """The seven processes, on the ports of the environment."""
    python = str(paths.VENV_PYTHON)
    web, realtime = env["WEB_PORT"], env["REALTIME_PORT"]
    simulator, sms = env["SIMULATOR_PORT"], env["SMS_SIMULATOR_PORT"]
    workers = env.get("WEB_WORKERS") or str(min(2, os.cpu_count() or 1))
    return [
        Program(
            "simulator",
            (
                *(python, "-m", "payments.simulators"),
                *("--host", HOST, "--port", simulator),
                *("--book", str(paths.VAR / "simulator.sqlite")),
                "--webhook",
                f"fedapay=http://{HOST}:{web}/api/v1/webhooks/fedapay",
            ),
            health=f"http://{HOST}:{simulator}/_control/health",
        ),
        Program(
            "sms",
            (
                *(python, "-m", "messaging.simulators"),
                *("--host", HOST, "--port", sms),
                *("--book", str(paths.VAR / "sms.sqlite")),
                *("--inbound", f"{env['PUBLIC_URL']}/api/v1/sms/twilio/messages"),
            ),
            health=f"http://{HOST}:{sms}/_control/health",
        ),
        Program(
            "web",
            (
                *(python, "-m", "granian", "--interface", "wsgi"),
                *("--host", HOST, "--port", web, "--workers", workers),
                # A thread that ends closes its prepared connection: keep them long.
                *("--blocking-threads", "8"),
                *("--blocking-threads-idle-timeout", "600"),
                # A killed worker is replaced while the other goes on serving.
                *("--respawn-failed-workers", "--respawn-interval", "0.2"),
                *("--workers-kill-timeout", "4", "--no-ws", "--http", "1"),
                "lokahome.wsgi:application",
            ),
            health=f"http://{HOST}:{web}/readyz",
            forked=True,
        ),
        Program(
            "realtime",
            (
                *(python, "-m", "uvicorn", "lokahome.asgi:application"),
                *("--host", HOST, "--port", realtime),
                *("--ws", "websockets-sansio", "--lifespan", "off"),
                # A frame is 32 KiB at most, before a byte of it reaches the project.
                *("--ws-max-size", "32768"),
                # Slow networks: the defaults (20 s) close sockets that are well.
                *("--ws-ping-interval", "45", "--ws-ping-timeout", "60"),
                *("--no-access-log", "--timeout-graceful-shutdown", "3"),
            ),
            health=f"http://{HOST}:{realtime}/readyz",
            forked=True,
        ),
        Program(
            "worker",
            (
                *(python, "-m", "celery", "-A", "lokahome", "worker"),
                *("-P", "threads", "-c", "12", "-Q", "celery,lanes", "-l", "INFO"),
                *("--without-gossip", "--without-mingle"),
            ),
            says=" ready.",
            forked=True,
        ),
        Program(
            "beat",
            (
                *(python, "-m", "celery", "-A", "lokahome", "beat", "-l", "INFO"),
                *("-S", "lokahome.schedule.SoleScheduler", "--pidfile="),
            ),
            forked=True,
        ),
        Program("relay", (python, "manage.py", "run_relay"), forked=True),
    ]


def answers(address: str) -> bool:
    """Whether the address answers 200 within a second."""
    if not address.startswith("http://"):
        raise ValueError("only loopback addresses over http are polled")
    try:
        with urllib.request.urlopen(address, timeout=1) as reply:  # noqa: S310 - ours
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
