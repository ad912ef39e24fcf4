"""Aims, figures, and the one line of JSON in which a run ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bench.state import State

Scale = Literal["small", "full"]
SCALES: tuple[Scale, ...] = ("small", "full")
Value = int | float | str


def _equals(found: Any, bound: Any) -> bool:
    return bool(found == bound)


def _at_most(found: Any, bound: Any) -> bool:
    return bool(found <= bound)


def _at_least(found: Any, bound: Any) -> bool:
    return bool(found >= bound)


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _equals,
    "<=": _at_most,
    ">=": _at_least,
}


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound on one figure, at the scales where it is held to.

    Small runs share a machine with other tests: only what must be right is an aim
    there; how fast something is becomes one at full scale.
    """

    figure: str
    compare: Literal["==", "<=", ">="]
    bound: Value
    scales: tuple[Scale, ...] = SCALES

    def __str__(self) -> str:
        return f"{self.figure} {self.compare} {self.bound}"


@dataclass(slots=True)
class Run:
    """One run of a topic: what it found so far, and what an earlier run had found."""

    topic: str
    scale: Scale
    state: State
    figures: dict[str, Value] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether this is the full scale."""
        return self.scale == "full"

    def figure(self, name: str, value: Value) -> None:
        """Record a figure."""
        self.figures[name] = value

    def say(self, text: str) -> None:
        """Print a line of progress or of a table."""
        print(text, flush=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run's figures say of its aims."""

    misses: tuple[str, ...]
    unmeasured: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """True when every aim of the scale was measured and met."""
        return not self.misses and not self.unmeasured


def judge(aims: Sequence[Aim], figures: Mapping[str, Value], scale: Scale) -> Verdict:
    """Hold *figures* against the aims of *scale*.

    An aim whose figure is missing was not measured: that is no success.
    """
    misses, unmeasured = [], []
    for aim in aims:
        if scale not in aim.scales:
            continue
        if aim.figure not in figures:
            unmeasured.append(str(aim))
        elif not COMPARE[aim.compare](figures[aim.figure], aim.bound):
            misses.append(f"{aim} (found {figures[aim.figure]})")
    return Verdict(tuple(misses), tuple(unmeasured))


def last_line(run: Run, verdict: Verdict) -> str:
    """Return the JSON object in which a run ends."""
    return json.dumps(
        {
            "topic": run.topic,
            "scale": run.scale,
            "figures": run.figures,
            "misses": list(verdict.misses),
        },
        ensure_ascii=False,
    )


def table(figures: Mapping[str, Value]) -> str:
    """Return *figures* as lines of a table."""
    width = max((len(name) for name in figures), default=0)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in figures.items())


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which *share* (0 to 1) of *values* lie (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
