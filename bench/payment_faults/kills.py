"""SIGKILL at a named point, and proof that it struck there."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.payment_faults.books import payment_violations, story
from bench.payment_faults.tenancy import Asked, Tenancy
from deploy.demo.people import APPROVES
from deploy.throwaway.platform import Platform

_STRIKES_WITHIN = 45.0
_ENDS_WITHIN = 90.0


@dataclass(frozen=True, slots=True)
class Kill:
    """A point, and the program that passes it in the course of a payment."""

    program: str
    point: str


SMALL = (
    Kill("web", "callback.after_inbox"),
    Kill("worker", "settle.after_ledger"),
    Kill("relay", "relay.after_dispatch"),
)
FULL = (
    Kill("web", "intent.after_insert"),
    Kill("web", "callback.after_inbox"),
    Kill("web", "callback.before_answer"),
    Kill("worker", "submit.before_http"),
    Kill("worker", "submit.after_http"),
    Kill("worker", "submit.after_commit"),
    Kill("worker", "poll.after_http"),
    Kill("worker", "settle.locked"),
    Kill("worker", "settle.after_ledger"),
    Kill("worker", "settle.before_commit"),
    Kill("worker", "settle.after_commit"),
    Kill("worker", "outbox.effect_done"),
    Kill("relay", "relay.before_dispatch"),
    Kill("relay", "relay.after_dispatch"),
)


@dataclass(slots=True)
class Result:
    """What became of one kill and of the payment it struck."""

    program: str
    point: str
    died: bool
    ended: str
    seconds: float
    violations: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def kill_all(here: Platform, home: Tenancy, kills: Sequence[Kill]) -> list[Result]:
    """Arm every point, ask for a payment for each, and wait until all is over.

    Several points may strike one payment; each payment must end, and rightly.
    """
    before = {kill.program: _lives(here, kill.program) for kill in kills}
    for kill in kills:
        (here.failpoints / kill.point).touch()
    begin = time.monotonic()
    payments = [(kill, home.pay(APPROVES, seconds=60)) for kill in kills]
    struck = {kill: _struck(here, kill, before[kill.program], begin) for kill in kills}
    results = [_result(here, home, k, asked, struck[k], begin) for k, asked in payments]
    for kill in kills:
        (here.failpoints / kill.point).unlink(missing_ok=True)
    return results


def _lives(here: Platform, program: str) -> frozenset[int]:
    """Return the ids of the processes that do the work of *program* now."""
    process = here.processes[program]
    return frozenset(process.children() if program == "web" else {process.pid})


def _struck(here: Platform, kill: Kill, before: frozenset[int], begin: float) -> bool:
    """Wait until the point was reached and the process that reached it is gone."""
    armed = here.failpoints / kill.point
    while time.monotonic() - begin < _STRIKES_WITHIN:
        gone = any(not _exists(pid) for pid in before)
        if not armed.exists() and gone and before != _lives(here, kill.program):
            return True
        time.sleep(0.05)
    return False


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stream:  # noqa: PTH123 - of the kernel
        return stream.read().rpartition(")")[2].split()[0] != "Z"


def _result(
    here: Platform, home: Tenancy, kill: Kill, asked: Asked, died: bool, begin: float
) -> Result:
    status, told = home.end_of(asked, seconds=_ENDS_WITHIN)
    seconds = round(time.monotonic() - begin, 1)
    violations = payment_violations(home, asked)
    if status != "succeeded":
        violations.append(f"{asked.reference} ended as “{status or 'open'}”")
        violations.append(story(here, home, asked))
    if "not_charged" in told:
        violations.append(f"{asked.reference}: the payer was told {' → '.join(told)}")
    return Result(kill.program, kill.point, died, status, seconds, violations)
