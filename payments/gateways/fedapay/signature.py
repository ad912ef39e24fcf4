"""The signature of a FedaPay webhook.

``X-FEDAPAY-SIGNATURE: t=<unix seconds>,s=<hex>[,s=<hex>…]`` where s is HMAC-SHA256 of
``t + "." + raw body`` under the whole endpoint secret (Node SDK 1.2.5, PHP SDK).
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime

from payments.gateways.errors import GatewayUntrusted

HEADER = "X-FEDAPAY-SIGNATURE"
_MOST_SIGNATURES = 8
_LONGEST_HEADER = 1_000


def verify(
    *,
    header: str,
    raw_body: bytes,
    secrets: Iterable[str],
    now: datetime,
    tolerance_seconds: int = 300,
) -> datetime:
    """Check a signature over the bytes as received; return when it was made.

    Any signature under any of the active secrets suffices. The time stamp may be off
    by `tolerance_seconds` either way: the Node SDK lets the future through, the PHP
    SDK does not, and a replay needs no more than a stamp that never gets old.
    Raises `GatewayUntrusted`.
    """
    stamp, given = _parse(header)
    signed = str(stamp).encode() + b"." + raw_body
    # Every pair is compared, so the time taken tells nothing about which one matched.
    matches = [
        hmac.compare_digest(_digest(secret, signed), candidate)
        for secret in secrets
        for candidate in given
    ]
    if not any(matches):
        raise _untrusted("no signature matches")
    if abs(int(now.timestamp()) - stamp) > tolerance_seconds:
        raise _untrusted("the time stamp is too far from now")
    return datetime.fromtimestamp(stamp, tz=UTC)


def _digest(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()


def _parse(header: str) -> tuple[int, list[bytes]]:
    if len(header) > _LONGEST_HEADER or not header.isascii():
        raise _untrusted("the signature header is malformed")
    stamps: list[str] = []
    given: list[bytes] = []
    for part in header.split(","):
        key, _, value = part.strip().partition("=")
        if key == "t":
            stamps.append(value)
        elif key == "s":
            given.append(value.encode())
    if len(stamps) != 1 or not stamps[0].isdigit() or len(stamps[0]) > 11:
        raise _untrusted("the signature header has no time stamp")
    # The signature covers the decimal number: "01764547200" must not pass as t.
    if str(int(stamps[0])) != stamps[0]:
        raise _untrusted("the time stamp is malformed")
    if not given or len(given) > _MOST_SIGNATURES:
        raise _untrusted("the signature header has no usable signature")
    return int(stamps[0]), given


def _untrusted(reason: str) -> GatewayUntrusted:
    return GatewayUntrusted(f"webhook refused: {reason}", sent=False)
