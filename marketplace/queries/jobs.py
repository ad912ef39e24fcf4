"""What a person is shown of a job."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from marketplace.models import Job
from marketplace.policies import is_code_locked, renewable_code, roles_on_job


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of a job that its reader may tell the provider; empty when not now."""

    start: str = ""
    finish: str = ""


def codes_for(user: Any, job: Job) -> Codes:
    """Return the code that *user*, as customer or occupant, tells the provider now.

    The start code while the job is funded, the finish code while it is under way; none
    to anybody else, and none while too many wrong ones lock it.
    """
    kind = renewable_code(job)
    if not kind or is_code_locked(job, kind):
        return Codes()
    if not roles_on_job(user, job) & {"customer", "occupant"}:
        return Codes()
    return Codes(**{kind: code_of(job, kind)})


def code_of(job: Job, kind: str) -> str:
    """Return the six digits of *kind* (``start``, ``finish``) in its present round.

    HMAC-SHA256 under CODE_HASH_KEY: stored nowhere, the same on every call.
    """
    turn = getattr(job, f"{kind}_round")
    message = f"job:{job.pk}:{kind}:{turn}".encode()
    digest = hmac.new(settings.CODE_HASH_KEY.encode(), message, hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"
