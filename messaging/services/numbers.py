"""To which of a person's numbers an SMS goes."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from accounts.queries.people import number_of, other_number_of, phone_of
from messaging.services.plan import PLANS, Ring


def number_for(
    template: str, context_ids: Mapping[str, str], person_id: UUID
) -> str | None:
    """Return the number that hears of the fact in words of *template*, or None.

    The current one; but of a number that goes, itself is told, and of one that somebody
    else may hold, another one.
    """
    plan = PLANS.get(template)
    if plan is None or plan.rings == Ring.CURRENT:
        return phone_of(person_id)
    phone_id = UUID(context_ids["phone_id"])
    if plan.rings == Ring.NAMED:
        return number_of(phone_id)
    return other_number_of(person_id, phone_id)
