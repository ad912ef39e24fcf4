"""The steps that run inside Django, each in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path


def main() -> int:
    """Plant the person, or carry out the erasure that they asked for."""
    import django

    django.setup()
    step, target, *arguments = sys.argv[1:]
    answer = _plant() if step == "plant" else _erase(*arguments)
    Path(target).write_text(json.dumps(answer), "utf-8")
    return 0


def _plant() -> dict[str, object]:
    from accounts.api.tokens import issue_tokens
    from accounts.models import Session
    from bench.erasure.planting import plant
    from lokahome.core import clock

    made = plant(now=clock.now())
    token = issue_tokens(made.person).access
    # A copy is for who proved more than a number: here, the document on file.
    Session.objects.filter(user=made.person, method="code", ended_at=None).update(
        proved_at=clock.now(), proved_by="document_digits"
    )
    return {
        "token": token,
        "shown": made.shown,
        "inner": made.inner,
        "documented": made.documented,
    }


def _erase(request_id: str) -> dict[str, object]:
    """Let the seven days pass, and run the job."""
    from accounts.models import ErasureRequest
    from accounts.services.privacy.erasure import carry_out_due
    from lokahome.core import clock
    from lokahome.core.events.delivering import drain
    from lokahome.core.invariants import check_invariants
    from lokahome.core.privacy.erasing import plan_of

    request = ErasureRequest.objects.get(pk=request_id)
    plan = plan_of(request.user_id)
    broken = {item.invariant for item in check_invariants()}
    begin = time.monotonic()
    done = carry_out_due(now=clock.now() + timedelta(days=7, minutes=1))
    seconds = round(time.monotonic() - begin, 2)
    if done != 1:
        request.refresh_from_db()
        raise RuntimeError(f"not erased: {request.status} {request.obstacles}")
    drain()
    now_broken = {item.invariant for item in check_invariants()} - broken
    return {
        "tables": len({item.model for item in plan}),
        "broken": len(now_broken),
        "seconds": seconds,
    }


if __name__ == "__main__":
    sys.exit(main())
