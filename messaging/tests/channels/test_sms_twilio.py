"""Twilio over real HTTP: a small peer on loopback answers as its documentation says."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from lokahome.core.http.client import OutgoingClient
from messaging.channels.base import CarrierRefused, CarrierUnavailable
from messaging.channels.sms_twilio import TwilioSms


@pytest.fixture
def peer():
    """A server whose next answer is `peer.answer`; requests are kept in `peer.seen`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.seen.append((self.path, dict(self.headers), body.decode()))
            status, payload = server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.answer = [], (201, b'{"sid": "SM1", "status": "queued"}')
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def carrier(peer, sender="LOKAHOME"):
    http = OutgoingClient(
        f"http://127.0.0.1:{peer.server_port}",
        allowed_hosts={"127.0.0.1"},
        allow_loopback=True,
    )
    return TwilioSms(http, account="AC1", token="secret", sender=sender)


def test_a_message_is_handed_over_as_a_form_with_the_account_s_password(peer):
    sent = carrier(peer).send("+2290197000001", "Code : 123456 é", "m1")
    path, headers, body = peer.seen[0]
    assert sent.transport_id == "SM1"
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert base64.b64decode(headers["Authorization"].split()[1]) == b"AC1:secret"
    assert parse_qs(body) == {
        "To": ["+2290197000001"],
        "Body": ["Code : 123456 é"],
        "From": ["LOKAHOME"],
    }


def test_a_messaging_service_has_a_field_of_its_own(peer):
    carrier(peer, sender="MG123").send("+2290197000001", "x", "m1")
    assert parse_qs(peer.seen[0][2])["MessagingServiceSid"] == ["MG123"]


def test_a_number_that_cannot_receive_is_refused_for_good(peer):
    peer.answer = (400, json.dumps({"code": 21211, "status": 400}).encode())
    with pytest.raises(CarrierRefused) as refusal:
        carrier(peer).send("+2290197000001", "x", "m1")
    assert refusal.value.code == "twilio_21211"


@pytest.mark.parametrize(
    "answer",
    [
        (429, b'{"code": 20429}'),
        (500, b"{}"),
        (503, b"<html>"),
        (401, b'{"code": 20003}'),
        (201, b"not json"),
        (201, b"{}"),
    ],
)
def test_whatever_is_not_clear_is_tried_again_later(peer, answer):
    peer.answer = answer
    with pytest.raises(CarrierUnavailable):
        carrier(peer).send("+2290197000001", "x", "m1")


def test_a_carrier_that_is_away_is_tried_again_later(peer):
    absent = carrier(peer)
    peer.shutdown()
    peer.server_close()
    with pytest.raises(CarrierUnavailable):
        absent.send("+2290197000001", "x", "m1")
