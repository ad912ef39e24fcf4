"""How many SMS a day a person gets: each costs, and each rings at somebody's door."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.queries.people import number_of, phone_of
from accounts.services.signing_in.code_costs import spend_fact
from accounts.services.signing_in.limits import fingerprint
from lokahome.core.errors import RateLimited
from lokahome.core.limits import take
from messaging.models import Topic
from messaging.services.plan import Plan

DAY = timedelta(days=1)
SMS_A_DAY = 30
"""Of one person about one topic: more is somebody's loop, and each SMS costs. Money is
told however often it moves. The app shows everything."""
SECURITY_A_DAY = 3
"""Of one number about one security fact: a loop of one fact must not drown another."""
SECURITY_OF_PERSON_A_DAY = 30


def may_ring(
    *, person_id: UUID, plan: Plan, template: str, target_id: UUID | None, now: datetime
) -> bool:
    """Count one more SMS, unless the day's are used up: then letter and app tell alone.

    What concerns the account's safety counts into the same money as codes do, of which
    they leave it a part. Call it late in a transaction: who pays makes the others wait.
    """
    try:
        if plan.is_security:
            _take_security(person_id, template, target_id, now)
        elif plan.topic != Topic.MONEY:
            key = f"{person_id}:{plan.topic}"
            take("messaging.sms", key, limit=SMS_A_DAY, window=DAY, now=now)
    except RateLimited:
        return False
    return True


def _take_security(
    person_id: UUID, template: str, target_id: UUID | None, now: datetime
) -> None:
    number = phone_of(person_id) if target_id is None else number_of(target_id)
    if number is None:
        return
    # What one of them refuses counts with none. Money first: whoever rings at several
    # numbers holds the day's row, and waits for nobody who waits for it.
    with transaction.atomic():
        spend_fact(phone=number, now=now)
        for name, key, limit in (
            ("security.sms", f"{fingerprint(number)}:{template}", SECURITY_A_DAY),
            ("security.sms_person", str(person_id), SECURITY_OF_PERSON_A_DAY),
        ):
            take(name, key, limit=limit, window=DAY, now=now)
