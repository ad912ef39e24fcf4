"""To which of a person's numbers an SMS goes, and to which of their addresses a letter."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from accounts.queries.people import (
    address_of_row,
    email_of,
    number_of,
    number_of_reachable,
    phone_of,
    reachable_phones,
)
from messaging.models import OutgoingMessage
from messaging.services.plan import PLANS, Plan, Ring


def numbers_for(
    plan: Plan, context_ids: Mapping[str, str], person_id: UUID
) -> list[UUID | None]:
    """Return the rows of the numbers that hear of a fact; None is the current one.

    Of what concerns the whole account all of them hear; of a number that goes, itself as
    well; of one that somebody else may hold, all but that one. A person without a number
    stays visible to staff as a message that could not leave.
    """
    if plan.rings == Ring.CURRENT:
        return [None]
    reached: list[UUID | None] = list(reachable_phones(person_id))
    if plan.rings == Ring.ALL:
        return reached or [None]
    named = UUID(context_ids["phone_id"])
    others = [row for row in reached if row != named]
    return [named, *others] if plan.rings == Ring.NAMED else others


def addresses_for(
    plan: Plan, context_ids: Mapping[str, str], person_id: UUID
) -> list[UUID | None]:
    """Return the rows of the addresses that hear of a fact; None is the current one."""
    if named := context_ids.get(plan.letter_to):
        return [UUID(named)]
    return [None] if email_of(person_id) is not None else []


def number_of_message(message: OutgoingMessage, person_id: UUID) -> str | None:
    """Return the number (E.164) that *message* goes to, or None when there is none now.

    A number that left its person meanwhile hears of nothing but of that.
    """
    target = message.target_id
    if target is None:
        return phone_of(person_id)
    plan = PLANS.get(message.template)
    is_named = message.context_ids.get("phone_id") == str(target)
    if plan is not None and plan.rings == Ring.NAMED and is_named:
        return number_of(target)
    return number_of_reachable(target)


def address_of_message(message: OutgoingMessage, person_id: UUID) -> str | None:
    """Return the address that *message* goes to, or None when there is none now."""
    if message.target_id is not None:
        return address_of_row(message.target_id)
    return email_of(person_id)
