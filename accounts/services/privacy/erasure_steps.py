"""What each step of a request for erasure leaves: its state, a fact, a line of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.events import ErasureMoved
from accounts.models import ErasureRequest
from accounts.models.erasure_request import ERASURE_STATES
from lokahome.core.audit.record import record
from lokahome.core.events.outbox import append


def step(
    request: ErasureRequest,
    action: str,
    now: datetime,
    *fields: str,
    who: str = "system",
    by: UUID | None = None,
    why: str = "",
) -> None:
    """Take one edge of the request's machine. Raises TransitionRefused."""
    ERASURE_STATES.apply(
        request,
        action,
        who=who,
        actor_id=by,
        now=now,
        reason=why,
        update_fields=fields,
    )


def tell(request: ErasureRequest) -> None:
    """Publish where the request stands: ErasureMoved."""
    append(
        ErasureMoved(
            erasure_id=request.pk,
            person_id=request.user_id,
            status=str(request.status),
        )
    )


def note(
    deed: str,
    request: ErasureRequest,
    actor_id: UUID | None,
    reason: str = "",
    **details: Any,
) -> None:
    """Write the deed into the audit log, which keeps ids only."""
    record(
        f"erasure.{deed}",
        subject=f"erasurerequest:{request.pk}",
        actor_id=actor_id,
        reason=reason,
        details={"person_id": str(request.user_id), **details},
    )
