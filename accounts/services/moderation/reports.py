"""Reports: many people may report one thing, staff answer once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Case, Report, User
from accounts.services.moderation.cases import open_case
from accounts.services.moderation.reportables import REPORTABLES, Reportable
from lokahome.core import limits
from lokahome.core.db.locks import advisory_lock, locked
from lokahome.core.errors import FieldError, InvalidInput, NotFound

PER_DAY = 30
"""Reports of one person: more is a campaign, not an observation."""


class DetailMissing(InvalidInput):
    """The reason ``other`` says nothing by itself."""

    code = "report.detail_missing"
    title = gettext_lazy("Dites ce qui ne va pas")


@transaction.atomic
def file_report(
    *, reporter: User, subject: str, reason: str, now: datetime, detail: str = ""
) -> tuple[Report, bool]:
    """Report *subject* (``"listing:<uuid>"``); return the report and whether it is new.

    All reports of one thing stand in one open case. Who reported it already, and waits
    for the answer, gets that report back. Raises NotFound for what does not exist, what
    *reporter* may not see and what cannot be reported; DetailMissing; RateLimited.
    Holds the advisory locks on (reporter, subject) and on the case's question, and
    locks the case; publishes CaseOpened when it opens one.
    """
    reportable, subject_id = _meant(subject)
    evidence = reportable.find(reporter, subject_id)
    if evidence is None:
        raise NotFound
    detail = detail.strip()
    if reason == Report.Reason.OTHER and not detail:
        raise DetailMissing(
            errors=[FieldError("required", _("Précisez."), pointer="/detail")]
        )
    subject = f"{reportable.noun}:{subject_id}"
    advisory_lock("report", str(reporter.pk), subject)
    mine = Report.objects.open().filter(reporter=reporter, subject=subject)
    if (known := mine.first()) is not None:
        return known, False
    window = timedelta(days=1)
    limits.take("reports", str(reporter.pk), limit=PER_DAY, window=window, now=now)
    report = Report(
        reporter=reporter,
        subject=subject,
        reason=Report.Reason(reason),
        detail=detail,
        case=_open_case(reportable, subject, evidence, now),
        created_at=now,
    )
    report.save()
    return report, True


def _meant(subject: str) -> tuple[Reportable, UUID]:
    noun, _colon, text = subject.partition(":")
    try:
        return REPORTABLES[noun], UUID(text)
    except (KeyError, ValueError) as error:
        raise NotFound from error


def _open_case(
    reportable: Reportable, subject: str, evidence: dict[str, Any], now: datetime
) -> Case:
    while True:
        case = open_case(
            kind=reportable.case_kind,
            queue=Case.Queue.REPORTS,
            subject=subject,
            title=reportable.title,
            evidence=evidence,
            now=now,
        )
        # A decision between the look and this lock has closed the reports it found:
        # one more would hang on a decided case for ever.
        case = locked(Case.objects.all(), case.pk)
        if case.status == Case.Status.OPEN:
            return case
