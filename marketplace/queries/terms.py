"""What giving a job up would cost, now and as its appointment comes near."""

from __future__ import annotations

from dataclasses import dataclass

from lokahome.core.money import Money
from marketplace.models import Job
from marketplace.policies import AFTER_START, LEAD_TIMES, WHOLE


@dataclass(frozen=True, slots=True)
class Step:
    """From *lead_seconds* before the appointment on: the split of a funded price."""

    lead_seconds: int
    refund: Money
    to_provider: Money


def schedule_of(job: Job) -> list[Step]:
    """Return the steps of a customer's cancellation, the earliest first.

    The last one, at -1 second, is work that has begun.
    """
    table = [(int(lead.total_seconds()), share) for lead, share in LEAD_TIMES]
    return [
        Step(seconds, *job.money.split([WHOLE - share, share]))
        for seconds, share in [*table, (-1, AFTER_START)]
    ]
