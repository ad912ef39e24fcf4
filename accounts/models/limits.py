"""How many wrong answers a code or a challenge survives."""

MAX_TRIES = 5
"""Of a million codes: one guess in 200 000 meets the right one."""
