"""Makes people with sessions, inside the platform: ``python -m bench.tokens.people``.

Writes to ``--out`` what their phones keep, tokens that somebody forged with our own
key in hand, and what one check of a password costs here.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

django.setup()

import jwt  # noqa: E402 - after Django
from django.conf import settings  # noqa: E402 - as above

# As above.
from django.contrib.auth.hashers import check_password, make_password  # noqa: E402

from accounts.api.signing import signing_key_id  # noqa: E402 - as above
from accounts.api.tokens import issue_tokens  # noqa: E402 - as above
from accounts.models import User  # noqa: E402 - as above
from lokahome.core import clock  # noqa: E402 - as above
from lokahome.core.ids import uuid7  # noqa: E402 - as above

PASSWORD = "four words of a bench"
HASHES = 25


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--families", type=int, required=True)
    parser.add_argument("--logins", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    known = make_password(PASSWORD)
    told = {
        "families": [_family() for _ in range(options.families)],
        "logins": [_with_password(known) for _ in range(options.logins)],
        "password": PASSWORD,
        "forged": _forged(_family()),
        "hash_ms": _hash_ms(known),
    }
    options.out.write_text(json.dumps(told), encoding="utf-8")


def _person(password: str = "") -> User:
    person = User(id=uuid7(), username=uuid7().hex)
    person.password = password
    if not password:
        person.set_unusable_password()
    person.save(force_insert=True)
    return person


def _family() -> dict[str, str]:
    device = uuid4()
    pair = issue_tokens(_person(), device_key=device)
    claims = jwt.decode(pair.refresh, options={"verify_signature": False})
    return {
        "device": str(device),
        "access": pair.access,
        "refresh": pair.refresh,
        "session_id": claims["sid"],
    }


def _with_password(known: str) -> str:
    return _person(known).username


def _hash_ms(known: str) -> float:
    """Return the middle of some checks of a password, in milliseconds."""
    found = []
    for _turn in range(HASHES):
        begin = time.perf_counter()
        check_password(PASSWORD, known)
        found.append((time.perf_counter() - begin) * 1000)
    return statistics.median(found)


def _forged(family: dict[str, str]) -> list[dict[str, str]]:
    """Return twelve forgeries of each token of *family*, a living session's."""
    found = []
    for kind in ("access", "refresh"):
        claims = jwt.decode(family[kind], options={"verify_signature": False})
        for name, text in _variants(claims, kind).items():
            found.append({"name": name, "kind": kind, "token": text})
    return found


def _variants(claims: dict[str, Any], kind: str) -> dict[str, str]:
    ours, kid = settings.JWT_SIGNING_KEYS[signing_key_id()], signing_key_id()
    past = int((clock.now() - timedelta(hours=1)).timestamp())

    def made(
        key: Any = ours, algorithm: str = "HS256", key_id: str = kid, **changes: Any
    ) -> str:
        body = {name: v for name, v in (claims | changes).items() if v is not None}
        return jwt.encode(body, key, algorithm=algorithm, headers={"kid": key_id})

    head, _body, mark = made().split(".")
    other = made(sub=str(uuid7())).split(".")[1]
    return {
        "no signature": made(key=None, algorithm="none"),
        "another key": made(key="k" * 40),
        "another algorithm": made(algorithm="HS512"),
        "an unknown kid": made(key_id="nobody"),
        "another audience": made(aud="other"),
        "another issuer": made(iss="other"),
        "the other kind": made(typ="refresh" if kind == "access" else "access"),
        "expired": made(exp=past),
        "no end": made(exp=None),
        "from the future": made(iat=past * 2),
        "a session of nobody": made(sid=str(uuid7())),
        "another person in the body": f"{head}.{other}.{mark}",
    }


if __name__ == "__main__":
    main()
