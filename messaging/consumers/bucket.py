"""A token bucket: so many at once, then so many a second."""

from __future__ import annotations


class Bucket:
    """Counts one socket's frames. Times are seconds of any clock that only goes on."""

    def __init__(self, burst: int, steady: float) -> None:
        self._burst = float(burst)
        self._steady = steady
        self._left = self._burst
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Take one at *now*; False when none is left."""
        if self._at is not None:
            self._left += (now - self._at) * self._steady
        self._left = min(self._burst, self._left)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
