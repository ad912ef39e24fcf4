"""What is masked, shown for a quarter of an hour to who said why.

That somebody may read is read off the audit log itself: what is shown is what is on
record, and nothing can be shown without a line there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from lokahome.core import clock
from lokahome.core.admin.decisions import Decision
from lokahome.core.audit.models import AuditEvent
from lokahome.core.limits import take

REVEALED_FOR = timedelta(minutes=15)
DEED = "reveal"
HOURLY, DAILY = 30, 100
"""Revealings of one member of staff, of whatever kind: a list of two thousand people
cannot be read out in an evening, however good each reason sounds."""


def count_reveal(*, actor_id: UUID, now: datetime) -> None:
    """Count one more revealing by *actor_id*; raises RateLimited.

    Called in the decision's own transaction: a revealing that fails showed nothing.
    """
    for window, limit in ((timedelta(hours=1), HOURLY), (timedelta(days=1), DAILY)):
        name = f"staff.reveal_{window // timedelta(hours=1)}h"
        take(name, str(actor_id), limit=limit, window=window, now=now)


class RevealingPage:
    """A page that masks, until its decision called ``reveal`` is taken.

    Goes before LokaModelAdmin. The row that the page shows has ``is_revealed``.
    """

    opts: Any
    decisions: tuple[Decision, ...]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Note on the row whether its reader gave a reason a short while ago."""
        page: Any = super()
        row = page.get_object(request, object_id, from_field)
        if row is not None:
            row.is_revealed = self._is_revealed(request.user, row)
        return row

    def _is_revealed(self, reader: Any, row: Any) -> bool:
        """Ask for the right again: a group may have been left since. One query."""
        permission = next(it.permission for it in self.decisions if it.name == DEED)
        return bool(
            reader.has_perm(permission)
            and AuditEvent.objects.filter(
                subject=f"{self.opts.model_name}:{row.pk}",
                action=f"{self.opts.label_lower}.{DEED}",
                actor_id=reader.pk,
                created_at__gt=clock.now() - REVEALED_FOR,
            ).exists()
        )


def is_revealed(row: Any) -> bool:
    """Say whether the page of *row* may show what it masks; a list never may."""
    return bool(getattr(row, "is_revealed", False))
