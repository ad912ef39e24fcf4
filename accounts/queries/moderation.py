"""Who reported, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import (
    Appeal,
    Case,
    Report,
)


def reporters_of(case_id: UUID) -> list[UUID]:
    """Return who reported what the case is about, the first one first."""
    reports = Report.objects.filter(case_id=case_id).order_by("id")
    return list(reports.values_list("reporter_id", flat=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """What staff answered in a case: the words are read by id, no event holds them."""

    decision: str
    reason: str
    decided_by_id: UUID | None


def answer_of(case_id: UUID) -> Answer | None:
    """Return the answer of a decided case, None while it is open or unknown."""
    case = Case.objects.filter(pk=case_id, status=Case.Status.DECIDED).first()
    if case is None:
        return None
    return Answer(
        decision=case.decision, reason=case.reason, decided_by_id=case.decided_by_id
    )


@dataclass(frozen=True, slots=True)
class Overturning:
    """Who took the answer to a case back on appeal, and why."""

    reason: str
    decided_by_id: UUID


def overturning_of(case_id: UUID) -> Overturning | None:
    """Return how an appeal took the answer to a case back, None where none did."""
    taken_back = Appeal.objects.filter(
        case_id=case_id, status=Appeal.Status.OVERTURNED
    ).first()
    if taken_back is None or taken_back.decided_by_id is None:
        return None
    return Overturning(taken_back.answer, taken_back.decided_by_id)
