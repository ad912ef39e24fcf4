"""People who talk two by two over sockets of two processes, each message stored.

In the middle Redis is restarted and some phones lose their network. In the end every
phone must have seen every event of its log once and in order; PostgreSQL decides. A
control with all hints dropped and nothing that heals shows that the check can fail.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform as machine
import time
from collections.abc import Sequence

from bench.chat.checking import Found, check
from bench.chat.phases import CONTROL, PHASES, Phase, Result, run_phases
from bench.chat.phones import Phone
from bench.chat.servers import open_servers
from bench.figures import Aim, Run
from bench.search import PRODUCTION
from deploy.local import paths
from deploy.throwaway.platform import Platform, platform

SOCKETS = {"small": 200, "full": 1_000}
CONTROL_SOCKETS = 10

AIMS = (
    Aim("sockets", ">=", 200),
    Aim("sockets", ">=", 1_000, scales=("full",)),
    Aim("lost", "==", 0),
    Aim("doubled", "==", 0),
    Aim("out_of_order", "==", 0),
    Aim("wrong", "==", 0),
    Aim("unanswered", "==", 0),
    Aim("redis_restarts", ">=", 1),
    Aim("control_lost", ">=", 1),
    Aim("calm_delivery_p99_ms", "<=", 250.0, scales=("full",)),
)


def measure(run: Run) -> None:
    """Start a platform, let people talk, hurt it, and compare."""
    cores = os.cpu_count()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    run.say(f"  Python {machine.python_version()}, {cores} cores for everything,")
    run.say(f"  phones, servers, PostgreSQL and Redis; load before: {load}")
    begin = time.monotonic()
    with platform(run=("web",), extra=PRODUCTION, demo=False) as here:
        run.say(f"  platform ready after {time.monotonic() - begin:.1f} s")
        with open_servers(here, "lokahome.asgi:application") as urls:
            phones = _phones(run, here, SOCKETS[run.scale], urls)
            results, found = asyncio.run(_talk(run, here, phones, PHASES[run.scale]))
        _report(run, results, found)
        with open_servers(here, "bench.chat.deaf:application") as urls:
            phones = _phones(run, here, CONTROL_SOCKETS, urls)
            _results, control = asyncio.run(_talk(run, here, phones, CONTROL))
        run.say(f"  control (no hints, nothing heals): {control.lost} events lost")
        run.figure("control_lost", control.lost)


def _phones(run: Run, here: Platform, count: int, urls: list[str]) -> list[Phone]:
    """Make people who talk two by two, and give each a phone.

    The two of a conversation sit on two processes: every delivery needs a hint.
    """
    target = here.home / "people.json"
    command = [str(paths.VENV_PYTHON), "-m", "bench.chat.people"]
    pairs = ("--pairs", str(count // 2), "--out", str(target))
    done = here.keeper.run([*command, *pairs])
    if done.returncode != 0:
        raise RuntimeError(f"nobody came:\n{done.stdout[-3000:]}")
    run.say(done.stdout.rstrip())
    people: list[dict[str, str]] = json.loads(target.read_text("utf-8"))
    return [
        Phone(person, here.addresses.public, urls[number % len(urls)])
        for number, person in enumerate(people)
    ]


async def _talk(
    run: Run, here: Platform, phones: list[Phone], phases: Sequence[Phase]
) -> tuple[list[Result], Found]:
    try:
        results = await run_phases(run, here, phones, phases)
        found = await asyncio.to_thread(check, phones, here.env["DATABASE_URL"])
    finally:
        await asyncio.gather(*(phone.stop() for phone in phones))
    return results, found


def _report(run: Run, results: list[Result], found: Found) -> None:
    run.say(
        f"\n  {'':12}{'stored/s':>10}{'deliv/s':>10}{'ack p50':>10}{'p99':>8}"
        f"{'deliv p50':>12}{'p99':>8}{'max ms':>9}"
    )
    for result in results:
        run.say(
            f"  {result.name:<12}{result.acked_per_second:>10.0f}"
            f"{result.delivered_per_second:>10.0f}{result.ack_p50:>10.1f}"
            f"{result.ack_p99:>8.1f}{result.delivery_p50:>12.1f}"
            f"{result.delivery_p99:>8.1f}{result.delivery_max:>9.0f}"
        )
        for name, value in result.figures():
            run.figure(name, value)
    for line in found.lines:
        run.say(f"  FAULT: {line}")
    for name in ("stored", "delivered", "lost", "doubled", "out_of_order", "wrong"):
        run.figure(name, getattr(found, name))
