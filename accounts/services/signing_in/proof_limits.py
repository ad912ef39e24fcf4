"""How often one may try to prove who one is: a stranger's tries must not use up mine."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from lokahome.core import limits

DAY = timedelta(days=1)
DIGITS_WINDOW = timedelta(days=7)

PER_DOOR_A_DAY = 20
"""By one session, or at one challenge: who holds a stolen token uses up their own."""
PER_PERSON_A_DAY = 60
DIGITS_PER_DOOR = 3
DIGITS_PER_PERSON = 12
"""In DIGITS_WINDOW, of ten thousand: a stranger would guess for years."""


def take_proof_limits(
    *, person_id: UUID, door_id: UUID, method: str, has_method: bool, now: datetime
) -> None:
    """Count one try at a proof; raises RateLimited. Call it outside a transaction.

    By *door_id*, a session or a challenge; by the person only what could have been
    right. Four digits are few: they are counted by the week.
    """
    rules = [("proof.door", str(door_id), PER_DOOR_A_DAY, DAY)]
    is_digits = method == "document_digits"
    if is_digits:
        rules.append(("digits.door", str(door_id), DIGITS_PER_DOOR, DIGITS_WINDOW))
    if has_method:
        rules.append(("proof.person", str(person_id), PER_PERSON_A_DAY, DAY))
        if is_digits:
            key = str(person_id)
            rules.append(("digits.person", key, DIGITS_PER_PERSON, DIGITS_WINDOW))
    for name, key, limit, window in rules:
        limits.take(name, key, limit=limit, window=window, now=now)
