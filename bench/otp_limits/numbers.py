"""Makes numbers inside the platform: ``python -m bench.otp_limits.numbers``.

Writes to ``--out`` numbers that have an account, and requests with the codes that would
have left: over HTTP nobody reads a code.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import django

django.setup()

from accounts.models import Phone, User  # noqa: E402 - after Django
from accounts.services.signing_in.codes import (  # noqa: E402 - as above
    mint_code,
    request_code,
)
from lokahome.core import clock  # noqa: E402 - as above


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--known", type=int, default=0)
    parser.add_argument("--mint", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    told = {
        "known": [_known(index) for index in range(options.known)],
        "minted": [_minted(index) for index in range(options.mint)],
    }
    options.out.write_text(json.dumps(told), encoding="utf-8")


def _known(index: int) -> str:
    number, now = f"+2290151{index:06d}", clock.now()
    person = User.objects.create_person()
    Phone(user=person, number=number, verified_at=now, held_since=now).save()
    return number


def _minted(index: int) -> dict[str, str]:
    now = clock.now()
    request = request_code(
        phone=f"+229019610000{index}", client_ip="192.0.2.1", now=now
    )
    code = mint_code(request_id=request.pk, now=now)
    return {"id": str(request.pk), "code": code}


if __name__ == "__main__":
    main()
