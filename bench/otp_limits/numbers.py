"""Makes numbers inside the platform: ``python -m bench.otp_limits.numbers``.

Writes to ``--out`` numbers that have an account, requests with the codes that would have
left, resets of known and unknown numbers, and how many of the codes that were asked for
could be paid: over HTTP nobody reads a code, and no worker runs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import django

django.setup()

from accounts.models import CodeRequest, Phone, User  # noqa: E402 - after Django
from accounts.services.signing_in.codes import (  # noqa: E402 - as above
    mint_code,
    request_code,
)
from accounts.services.signing_in.passwords import (  # noqa: E402 - as above
    request_reset,
    send_reset_code,
)
from lokahome.core import clock  # noqa: E402 - as above
from lokahome.core.errors import RateLimited  # noqa: E402 - as above


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--known", type=int, default=0)
    parser.add_argument("--mint", type=int, default=0)
    parser.add_argument("--resets", type=int, default=0)
    parser.add_argument("--send", default="")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    told = {
        "known": [_known(index) for index in range(options.known)],
        "minted": [_minted(index) for index in range(options.mint)],
        "resets": [
            _reset(kind, index) for index in range(options.resets) for kind in "12"
        ],
        "sent": _sent(options.send) if options.send else 0,
    }
    options.out.write_text(json.dumps(told), encoding="utf-8")


def _known(index: int) -> str:
    number, now = f"+2290151{index:06d}", clock.now()
    person = User.objects.create_person()
    Phone(user=person, number=number, verified_at=now, held_since=now).save()
    return number


def _reset(kind: str, index: int) -> str:
    """Return a reset of a number of ``1`` somebody, ``2`` nobody; sent as it would be."""
    now = clock.now()
    request = request_reset(
        phone=f"+229015{kind}{index:06d}",
        by_email=False,
        client_ip=f"192.0.2.{index}",
        device_key=None,
        language="fr",
        now=now,
    )
    if send_reset_code(request_id=request.pk, by_email=False, now=now):
        mint_code(request_id=request.pk, now=now)
    return str(request.pk)


def _sent(prefix: str) -> int:
    """Mint the codes that were asked for to *prefix*; return how many could be paid."""
    sent = 0
    asked = CodeRequest.objects.filter(phone__startswith=prefix, minted_at=None)
    for request_id in asked.values_list("pk", flat=True):
        try:
            mint_code(request_id=request_id, now=clock.now())
        except RateLimited:
            continue
        sent += 1
    return sent


def _minted(index: int) -> dict[str, str]:
    now = clock.now()
    request = request_code(
        phone=f"+229019610000{index}", client_ip="192.0.2.1", now=now
    )
    code = mint_code(request_id=request.pk, now=now)
    return {"id": str(request.pk), "code": code}


if __name__ == "__main__":
    main()
