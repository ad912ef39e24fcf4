"""Writing the audit log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from lokahome.core.audit.models import AuditEvent, AuditPersonalData
from lokahome.core.request_id import current_request_id


def record(
    action: str,
    *,
    subject: str,
    actor_id: UUID | None,
    reason: str = "",
    details: dict[str, Any] | None = None,
    personal: dict[str, str] | None = None,
) -> AuditEvent:
    """Write that *actor_id* did *action* to *subject*; call it in the same transaction.

    *details* holds ids, states and amounts only. *personal* (IP address, agent, a name)
    goes to the side table that erasure empties.
    """
    event = AuditEvent(
        action=action,
        subject=subject,
        actor_id=actor_id,
        reason=reason,
        details=details or {},
        request_id=current_request_id(),
    )
    event.save()
    if personal:
        AuditPersonalData(event=event, person_id=actor_id, values=personal).save()
    return event
