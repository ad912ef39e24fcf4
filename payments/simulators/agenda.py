"""What the simulator will do later: an approval in two seconds, a retry in a minute."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable

_TICK = 0.02


class Agenda:
    """Run callbacks when they are due. `scale` shortens every wait (tests use 0.02)."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def due_in(self, seconds: float) -> float:
        """Return the wall-clock time that is `seconds` of simulated time away."""
        return time.time() + seconds * self.scale

    def at(self, due: float, action: Callable[[], None]) -> None:
        """Run `action` at wall-clock time `due`; in the past means at once."""
        heapq.heappush(self._heap, (due, next(self._numbers), action))

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            while self._heap and self._heap[0][0] <= time.time():
                heapq.heappop(self._heap)[2]()
            await asyncio.sleep(_TICK)
