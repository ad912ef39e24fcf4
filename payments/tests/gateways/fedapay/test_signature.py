"""The signature of a webhook; vectors cross-checked with the Node SDK 1.2.5."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from payments.gateways.errors import GatewayUntrusted
from payments.gateways.fedapay import signature
from payments.simulators.fedapay import wire

BODY = (
    '{"id":"evt_1","name":"transaction.approved","entity":{"id":101,"amount":25000,'
    '"status":"approved","description":"Loyer décembre"}}'
).encode()
STAMP = 1764547200
SECRET = "wh_sandbox_vector"
DIGEST = "9a084277ab4795e5a2dd83644b9b023590b6a5f74351d0cf9a3fa55352ea7943"
GOOD = f"t={STAMP},s={DIGEST}"
NOW = datetime.fromtimestamp(STAMP, tz=UTC)


def verify(header=GOOD, body=BODY, secrets=(SECRET,), now=NOW):
    return signature.verify(header=header, raw_body=body, secrets=secrets, now=now)


def test_the_vector_body_is_the_published_one():
    assert len(BODY) == 131
    assert hashlib.sha256(BODY).hexdigest().startswith("3f29fdbea76c9d51")


def test_the_published_vector_verifies():
    assert verify() == NOW


def test_the_simulator_signs_the_published_vector():
    headers = wire.signed_headers(SECRET, BODY, STAMP)
    assert headers["X-FEDAPAY-SIGNATURE"] == GOOD


@pytest.mark.parametrize("seconds", [0, 299, 300, -299, -300])
def test_a_stamp_within_five_minutes_either_way_verifies(seconds):
    verify(now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [301, 3600, -301, -3600])
def test_a_stamp_further_away_is_refused(seconds):
    with pytest.raises(GatewayUntrusted):
        verify(now=NOW + timedelta(seconds=seconds))


def test_an_old_and_a_new_secret_are_both_good():
    assert verify(secrets=("wh_sandbox_new", SECRET)) == NOW
    assert verify(secrets=(SECRET, "wh_sandbox_new")) == NOW


def test_any_of_several_signatures_suffices():
    assert verify(f"t={STAMP},s={'0' * 64},s={DIGEST}") == NOW
    assert verify(f"t={STAMP}, s={DIGEST}, s=00") == NOW


@pytest.mark.parametrize(
    "header",
    [
        "",
        DIGEST,
        f"s={DIGEST}",
        f"t={STAMP}",
        f"t={STAMP},s=",
        f"t={STAMP},v1={DIGEST}",
        f"t={STAMP},s={DIGEST.upper()}",
        f"t={STAMP},s={DIGEST[:-1]}",
        f"t={STAMP + 1},s={DIGEST}",
        f"t={STAMP},t={STAMP},s={DIGEST}",
        f"t=0{STAMP},s={DIGEST}",
        f"t=-{STAMP},s={DIGEST}",
        f"t={STAMP}.0,s={DIGEST}",
        f"t=٣{STAMP},s={DIGEST}",
        f"t={'9' * 5000},s={DIGEST}",
        f"t={STAMP},s=é{DIGEST}",
        f"t={STAMP}," + ",".join(["s=00"] * 9) + f",s={DIGEST}",
    ],
)
def test_a_malformed_or_wrong_header_is_refused(header):
    with pytest.raises(GatewayUntrusted):
        verify(header)


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b"25000", b"25001"),
        BODY + b"\n",
        BODY.replace(b'":', b'": '),
        BODY.replace("é".encode(), b"\\u00e9"),
        b"",
    ],
)
def test_an_altered_or_reserialised_body_is_refused(body):
    with pytest.raises(GatewayUntrusted):
        verify(body=body)


def test_the_body_signed_without_its_stamp_is_refused():
    digest = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    with pytest.raises(GatewayUntrusted):
        verify(f"t={STAMP},s={digest}")


def test_another_secret_is_refused():
    with pytest.raises(GatewayUntrusted):
        verify(secrets=("wh_sandbox_other",))
    with pytest.raises(GatewayUntrusted):
        verify(secrets=())
