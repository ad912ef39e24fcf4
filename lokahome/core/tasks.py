"""Celery's doors to the ground."""

from __future__ import annotations

import uuid

import structlog
from celery import shared_task

from lokahome.core import clock, housekeeping
from lokahome.core.audit.anchors import anchor, drop_anchors
from lokahome.core.audit.sealing import note_quiet, seal_next
from lokahome.core.audit.verifying import verify
from lokahome.core.events.delivering import run_batch
from lokahome.core.invariants import check_invariants
from lokahome.core.privacy.retention import run_retention

log = structlog.get_logger(__name__)


@shared_task(name="core.deliver")
def deliver(token: str, ids: list[str]) -> None:
    """Run leased deliveries; a stale token runs nothing."""
    run_batch(uuid.UUID(token), [uuid.UUID(value) for value in ids])


@shared_task(name="core.check_invariants")
def check_invariants_job() -> None:
    """Look for broken invariants and log each one as an error."""
    for violation in check_invariants():
        log.error(
            "invariant broken", invariant=violation.invariant, row=str(violation.row)
        )


@shared_task(name="core.clean_up")
def clean_up() -> None:
    """Delete what has had its time: idempotency keys, windows, done deliveries."""
    housekeeping.clean_up(now=clock.now())


@shared_task(name="core.retain")
def retain() -> None:
    """End what has had its time, by the rules of every app (docs/privacy.md)."""
    run_retention(now=clock.now())


@shared_task(name="core.seal_audit")
def seal_audit() -> None:
    """Seal what the audit log got since the last time, and anchor the head.

    When that is nothing for a minute, it seals that there was nothing.
    """
    is_quiet = True
    while seal_next(now=clock.now()) is not None:
        is_quiet = False
    if is_quiet and note_quiet(now=clock.now()):
        seal_next(now=clock.now())
    drop_anchors()


@shared_task(name="core.verify_audit")
def verify_audit() -> None:
    """Read the whole chain against its seals and its anchor; log each finding."""
    for finding in verify(now=clock.now(), place=anchor()):
        log.error("audit log altered", kind=finding.kind, where=finding.where)
