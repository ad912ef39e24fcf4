"""``python -m deploy.demo``: walk the whole journey against the running platform."""

from __future__ import annotations

import sys

import httpx

from deploy.demo.addresses import addresses
from deploy.demo.journey import Journey, walk
from deploy.demo.steps import STEPS


def main() -> int:
    """Walk the journey; 0 when it is complete."""
    try:
        where = addresses()
        httpx.get(f"{where.public}/readyz", timeout=10).raise_for_status()
    except (KeyError, httpx.HTTPError) as error:
        print(
            f"The platform does not answer ({error!r}).\n"
            "Start it with `make run` and wait for “LOKAHOME is ready”.",
            file=sys.stderr,
        )
        return 1
    print(f"LOKAHOME at {where.public}, gateway simulator at {where.simulator}")
    if not walk(Journey(where), STEPS):
        return 1
    print("journey complete")
    return 0


if __name__ == "__main__":
    sys.exit(main())
