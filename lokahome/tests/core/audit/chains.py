"""Logs that are sealed, and what a look at them finds."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from lokahome.core import clock
from lokahome.core.audit.models import StateChange
from lokahome.core.audit.record import record
from lokahome.core.audit.verifying import verify
from lokahome.core.ids import uuid7
from lokahome.core.tasks import seal_audit


def write(count=3):
    for number in range(count):
        record(
            "tests.deed",
            subject=f"lamp:{number}",
            actor_id=uuid7(),
            reason="Vu",
            details={"number": number},
            personal={"address": "192.0.2.1"},
        )
    StateChange(
        subject="lamp:1", action="light", target="on", actor_kind="system"
    ).save()


def sealed(batches=4):
    for _ in range(batches):
        write()
        seal_audit()


def found(place=None):
    return {finding.kind for finding in verify(now=clock.now(), place=place)}


def later(**span):
    return time_machine.travel(clock.now() + timedelta(**span), tick=False)
