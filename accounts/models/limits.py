"""How many wrong answers a code or a challenge survives; how long new things rest."""

from datetime import timedelta

MAX_TRIES = 5
"""Of a million codes: one guess in 200 000 meets the right one."""

SETTLES_AFTER = timedelta(hours=48)
"""A number, an address or a password that is newer proves nothing: whoever took an
account over brings them first, and its person has that long to say so."""
