"""UUIDv7 identifiers: unique without asking the database, and sorted by time."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_millis = 0
_sequence = 0


def uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562, section 5.7), monotonic within this process.

    Layout: 48 bits of Unix milliseconds, 4 of version, 12 of a sequence that counts
    within the millisecond, 2 of variant, 62 of randomness. The sequence keeps rows
    made in one millisecond in their order, which keyset pages rely on.
    """
    global _last_millis, _sequence
    with _lock:
        millis = time.time_ns() // 1_000_000
        if millis > _last_millis:
            _last_millis, _sequence = millis, int.from_bytes(os.urandom(1)) & 0x7F
        else:
            _sequence += 1
            if _sequence > 0xFFF:  # 4 096 ids in a millisecond: borrow the next one
                _last_millis, _sequence = _last_millis + 1, 0
        millis, sequence = _last_millis, _sequence
    randomness = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    value = (millis & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= sequence << 64
    value |= 0b10 << 62
    value |= randomness
    return UUID(int=value)
