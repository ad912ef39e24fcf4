"""A payment is killed, duplicated, forged and starved at named points; the books hold.

Each kill is a SIGKILL inside the step itself: the failpoint's file is gone and the
process is another one. What decides in the end is the gateway's own book, to the franc.
"""

from __future__ import annotations

import time

from bench.figures import Aim, Run
from bench.payment_faults.books import check_books
from bench.payment_faults.hostile import dead_gateway, hostile_webhooks
from bench.payment_faults.kills import FULL, SMALL, Kill, kill_all
from bench.payment_faults.tenancy import Tenancy, tenancy
from deploy.throwaway.platform import Platform, platform

AIMS = (
    Aim("violations", "==", 0),
    Aim("unconfirmed_kills", "==", 0),
    Aim("kills", ">=", 3, scales=("small",)),
    Aim("kills", ">=", 10, scales=("full",)),
    Aim("killed_programs", "==", 3),
    Aim("charges_never_ended", "==", 0),
    Aim("duplicates_sent", ">=", 200),
    Aim("slowest_end_seconds", "<=", 60, scales=("full",)),
)


def measure(run: Run) -> None:
    """Start a platform of its own, hurt it, and compare the books."""
    rounds = [[kill] for kill in FULL] if run.is_full else [list(SMALL)]
    begin = time.monotonic()
    with platform() as here:
        run.say(f"  platform ready after {time.monotonic() - begin:.1f} s")
        home = tenancy(here)
        run.say(f"  lease signed after {time.monotonic() - begin:.1f} s")
        run.say("  process   point                  died  ended  after s  violations")
        totals = _hurt(run, here, home, rounds)
        run.say(f"  every charge ended after {time.monotonic() - begin:.1f} s")
        found = check_books(here, home)
        for line in found:
            run.say(f"  VIOLATION: {line}")
        totals["violations"] += len(found)
        for name, value in totals.items():
            run.figure(name, value)


def _hurt(
    run: Run, here: Platform, home: Tenancy, rounds: list[list[Kill]]
) -> dict[str, float]:
    slow = dead_gateway(here, home)
    began = time.monotonic()
    hostile = hostile_webhooks(here, home)
    run.say(f"  hostile webhooks took {time.monotonic() - began:.1f} s")
    confirmed: set[str] = set()
    totals: dict[str, float] = {
        "kills": 0,
        "unconfirmed_kills": 0,
        "killed_programs": 0,
        "violations": len(hostile.violations) + len(slow.violations),
        "duplicates_sent": hostile.duplicates,
        "sms_seconds_while_gateway_is_dead": slow.sms_seconds,
        "slowest_end_seconds": 0.0,
    }
    for line in (*hostile.violations, *slow.violations):
        run.say(f"  VIOLATION: {line}")
    for kills in rounds:
        name = "+".join(kill.point for kill in kills)
        results = run.state.get(name)
        if results is None:
            results = [result.as_json() for result in kill_all(here, home, kills)]
            run.state.put(name, results)
        for row in results:
            run.say(
                f"  {row['program']:<9} {row['point']:<22} {row['died']!s:<5} "
                f"{row['ended']!s:<6} {row['seconds']:>7}  {row['violations'] or '-'}"
            )
            totals["kills"] += 1
            totals["unconfirmed_kills"] += 0 if row["died"] else 1
            totals["violations"] += len(row["violations"])
            slowest = max(totals["slowest_end_seconds"], row["seconds"])
            totals["slowest_end_seconds"] = slowest
            if row["died"]:
                confirmed.add(row["program"])
    totals["killed_programs"] = len(confirmed)
    totals["charges"] = len(home.charges)
    totals["charges_never_ended"] = home.never_ended(until=time.monotonic() + 90)
    return totals
