"""``python -m bench NAME --scale small|full``: measure one topic."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from bench.figures import SCALES, Aim, Run, Scale, judge, last_line, table
from bench.state import state_of


def topics() -> list[str]:
    """Return the names of the topics there are."""
    folders = Path(__file__).parent.glob("*/__init__.py")
    names = (folder.parent.name for folder in folders)
    return sorted(name.replace("_", "-") for name in names if name != "tests")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 when every aim of the scale was measured and met."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("topic", choices=topics(), metavar="NAME")
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--fresh", action="store_true", help="forget a stopped run")
    options = parser.parse_args(arguments)
    topic = importlib.import_module(f"bench.{options.topic.replace('-', '_')}")
    return run_topic(
        topic, options.topic, cast("Scale", options.scale), fresh=options.fresh
    )


def run_topic(topic: Any, name: str, scale: Scale, *, fresh: bool = False) -> int:
    """Run *topic* (with ``AIMS`` and ``measure``), print its figures and its verdict."""
    aims: tuple[Aim, ...] = topic.AIMS
    run = Run(name, scale, state_of(name, scale, fresh=fresh))
    begin = time.monotonic()
    topic.measure(run)
    run.figure("seconds", round(time.monotonic() - begin, 1))
    verdict = judge(aims, run.figures, scale)
    run.say(f"\n{name} ({scale})\n{table(run.figures)}\n")
    for miss in verdict.misses:
        run.say(f"  missed: {miss}")
    for aim in verdict.unmeasured:
        run.say(f"  never measured: {aim}")
    run.state.forget()
    run.say(last_line(run, verdict))
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
