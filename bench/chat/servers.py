"""Two processes that hold sockets, as a machine with two cores would run them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deploy.local import ports
from deploy.local.programs import Program, programs
from deploy.throwaway.platform import Platform

PROCESSES = 2
PATH = "/realtime/v1"
DOWN_SECONDS = 1.0


@contextmanager
def open_servers(here: Platform, application: str) -> Iterator[list[str]]:
    """Run servers of *application* by `make run`'s command; lend their addresses."""
    known = {program.name: program for program in programs(here.env)}["realtime"]
    addresses, names = [], []
    try:
        for number in range(PROCESSES):
            port = str(ports.any_free())
            program = _on_port(known, here.env["REALTIME_PORT"], port)
            command = [
                application if part == "lokahome.asgi:application" else part
                for part in program.command
            ]
            names.append(f"realtime-{number}")
            here.start(replace(program, name=names[-1], command=tuple(command)))
            addresses.append(f"ws://{ports.LOOPBACK}:{port}{PATH}")
        here.wait_ready()
        yield addresses
    finally:
        for name in names:
            here.stop(name)


def _on_port(program: Program, old: str, new: str) -> Program:
    command = tuple(new if part == old else part for part in program.command)
    health = program.health.replace(f":{old}/", f":{new}/")
    return replace(program, command=command, health=health)


def cpu_seconds(here: Platform) -> float:
    """Return the processor time that the socket servers have used so far."""
    ticks = 0
    for name, process in here.processes.items():
        if name.startswith("realtime-") and process.pid:
            text = Path(f"/proc/{process.pid}/stat").read_text()
            fields = text.rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def restart_redis(here: Platform) -> int:
    """Stop Redis, its contents gone with it, and start it again; return how often."""
    if here.redis is None:  # a given one, used by others
        return 0
    await asyncio.to_thread(here.redis.stop)
    await asyncio.sleep(DOWN_SECONDS)
    await asyncio.to_thread(here.redis.start)
    return 1
