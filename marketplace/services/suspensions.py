"""Taking a provider off, and its inverse: the staff's answers to reports."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.services.moderation.parties import refuse_part
from lokahome.core.audit.record import record
from lokahome.core.db.locks import locked
from lokahome.core.events.outbox import append
from marketplace.events import ProviderSuspended
from marketplace.models import ProviderProfile
from marketplace.services.job_steps import given


@transaction.atomic
def suspend_provider(
    *, provider_id: UUID, actor_id: UUID | None, reason: str, now: datetime
) -> ProviderProfile:
    """Let a provider quote no more; jobs under way go on. Again changes nothing.

    The door has checked who may. Raises NotFound, ConflictOfInterest for the provider
    themselves, WhyMissing. Locks the profile. Emits ProviderSuspended.
    """
    profile = locked(ProviderProfile.objects.all(), provider_id)
    refuse_part(f"provider:{profile.pk}", actor_id)
    if profile.suspended_at is not None:
        return profile
    profile.suspended_at = now
    profile.suspension_reason = given(reason)
    profile.save(update_fields={"suspended_at", "suspension_reason"})
    record(
        "provider.suspended",
        subject=f"provider:{profile.pk}",
        actor_id=actor_id,
        reason=profile.suspension_reason,
    )
    append(ProviderSuspended(profile_id=profile.pk, provider_id=profile.person_id))
    return profile


@transaction.atomic
def reinstate_provider(
    *, provider_id: UUID, actor_id: UUID | None, reason: str, now: datetime
) -> ProviderProfile:
    """Undo a suspension; again changes nothing.

    The door has checked who may. Raises as `suspend_provider`. Locks the profile.
    """
    profile = locked(ProviderProfile.objects.all(), provider_id)
    refuse_part(f"provider:{profile.pk}", actor_id)
    if profile.suspended_at is None:
        return profile
    profile.suspended_at = None
    profile.suspension_reason = ""
    profile.save(update_fields={"suspended_at", "suspension_reason"})
    record(
        "provider.reinstated",
        subject=f"provider:{profile.pk}",
        actor_id=actor_id,
        reason=given(reason),
    )
    return profile
