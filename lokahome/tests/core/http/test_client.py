"""The outgoing client against servers that misbehave, over real sockets."""

import contextlib
import logging
import socket
import ssl
import threading
import time
from decimal import Decimal

import pytest

from lokahome.core.http.client import OutgoingClient
from lokahome.core.http.errors import (
    AddressRefused,
    AnswerTooLarge,
    HostRefused,
    NoAnswer,
    NotJson,
    Unreachable,
)


@contextlib.contextmanager
def server(behave):
    """Serve each connection with `behave(socket, request bytes)`; give its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def one(connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            request = b""
            while b"\r\n\r\n" not in request:
                chunk = connection.recv(65536)
                if not chunk:
                    return
                request += chunk
            behave(connection, request)

    def serve():
        with contextlib.suppress(OSError):
            while not stopping.is_set():
                connection, _ = listener.accept()
                threading.Thread(target=one, args=[connection], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        listener.close()


def client(port, *, host="127.0.0.1", **options):
    wanted = {
        "allowed_hosts": {host},
        "allow_loopback": True,
        "connect_seconds": 1,
        "read_seconds": 0.5,
        "deadline_seconds": 1,
        **options,
    }
    return OutgoingClient(f"http://{host}:{port}", **wanted)


def answer(body=b"{}", status="200 OK", headers=""):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def saying(data):
    return lambda connection, _: connection.sendall(data)


def test_an_answer_is_given_as_it_is():
    body = '{"frais": 1.8, "montant": 25000, "nom": "é"}'.encode()
    seen = []

    def behave(connection, request):
        seen.append(request)
        connection.sendall(answer(body, "418 Teapot", "X-Seen: yes\r\n"))

    with server(behave) as port, client(port) as http:
        got = http.request(
            "POST",
            "/v1/x",
            json={"nom": "é"},
            params={"q": "a b&c"},
            headers={"Authorization": "Bearer s3cret"},
        )
    assert (got.status, got.body, got.headers["x-seen"]) == (418, body, "yes")
    assert got.json() == {"frais": Decimal("1.8"), "montant": 25000, "nom": "é"}
    assert type(got.json()["montant"]) is int
    assert 0 < got.seconds < 1
    assert "frais" not in repr(got)
    head = seen[0].decode().lower()
    assert head.startswith("post /v1/x?q=a+b%26c http/1.1\r\n")
    assert "authorization: bearer s3cret" in head
    assert "accept-encoding: identity" in head
    assert "cookie" not in head


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'{"a": Infinity}'],
)
def test_a_body_that_is_not_json_is_said_to_be(body):
    with server(saying(answer(body))) as port, client(port) as http:
        got = http.request("GET", "/")
        with pytest.raises(NotJson):
            got.json()


def test_a_redirect_is_an_answer_not_an_order():
    redirect = answer(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n")
    with server(saying(redirect)) as port, client(port) as http:
        assert http.request("GET", "/").status == 302


def test_proxies_and_netrc_of_the_environment_are_ignored(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with server(saying(answer())) as port, client(port) as http:
        assert http.request("GET", "/").status == 200


def test_cookies_are_not_kept():
    seen = []

    def behave(connection, request):
        seen.append(request)
        connection.sendall(answer(headers="Set-Cookie: a=b\r\nConnection: close\r\n"))

    with server(behave) as port, client(port) as http:
        http.request("GET", "/")
        http.request("GET", "/")
    assert b"cookie" not in seen[1].lower()


def test_a_refused_connection_was_sent_nothing():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with client(port) as http, pytest.raises(Unreachable) as caught:
        http.request("GET", "/")
    assert caught.value.sent is False


def test_a_name_that_does_not_resolve_was_sent_nothing():
    with client(1, host="absent.invalid") as http, pytest.raises(Unreachable):
        http.request("GET", "/")


def test_a_broken_tls_handshake_was_sent_nothing():
    with server(saying(b"no tls here")) as port:
        http = OutgoingClient(
            f"https://127.0.0.1:{port}",
            allowed_hosts={"127.0.0.1"},
            allow_loopback=True,
            connect_seconds=1,
        )
        with http, pytest.raises(Unreachable) as caught:
            http.request("GET", "/", headers={"Authorization": "Bearer s3cret"})
    assert caught.value.sent is False


def test_tls_is_verified_by_default():
    http = OutgoingClient("https://pay.test", allowed_hosts={"pay.test"})
    context = http._pool._ssl_context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection, _: time.sleep(2),
        lambda connection, _: connection.shutdown(socket.SHUT_RDWR),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        saying(b"rubbish\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
    ids=["silent", "closed", "half", "rubbish", "bad-chunks"],
)
def test_after_the_request_left_the_outcome_is_unknown(behave):
    with (
        server(behave) as port,
        client(port) as http,
        pytest.raises(NoAnswer) as caught,
    ):
        http.request("POST", "/", json={"phone": "+2290166000001"})
    assert caught.value.sent is True
    assert "229" not in str(caught.value)


def drip(first):
    def behave(connection, _):
        connection.sendall(first)
        for _ in range(60):
            connection.sendall(b"x")
            time.sleep(0.1)

    return behave


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-A: "],
    ids=["body", "headers"],
)
def test_a_byte_at_a_time_ends_at_the_total_deadline(first):
    with server(drip(first)) as port, client(port) as http:
        began = time.monotonic()
        with pytest.raises(NoAnswer):
            http.request("GET", "/")
    assert 0.9 < time.monotonic() - began < 3


def test_a_large_answer_is_dropped_at_the_cap():
    sent = 0

    def behave(connection, _):
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" " * 100_000)
            sent += 100_000

    with (
        server(behave) as port,
        client(port, max_bytes=200_000) as http,
        pytest.raises(AnswerTooLarge) as caught,
    ):
        http.request("GET", "/")
    assert caught.value.sent is True
    assert sent < 10_000_000


def test_endless_headers_end():
    def behave(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-A: " + b"b" * 1000 + b"\r\n")

    with server(behave) as port, client(port) as http, pytest.raises(NoAnswer):
        http.request("GET", "/")


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://evil.test", {"pay.test"}),
        ("https://pay.test.evil.test", {"pay.test"}),
        ("https://pay.test@evil.test", {"pay.test"}),
        ("https://user:pass@pay.test", {"pay.test"}),
        ("http://pay.test", {"pay.test"}),
        ("ftp://pay.test", {"pay.test"}),
        ("https://pay.test/?a=1", {"pay.test"}),
        ("pay.test", {"pay.test"}),
    ],
)
def test_only_the_hosts_of_the_list_are_called(url, hosts):
    with pytest.raises(HostRefused):
        OutgoingClient(url, allowed_hosts=hosts)


@pytest.mark.parametrize(
    "path", ["//evil.test/", "@evil.test/", "evil", "", "\\\\evil.test", "/\\evil.test"]
)
def test_a_path_cannot_lead_to_another_host(path):
    http = OutgoingClient("https://pay.test", allowed_hosts={"pay.test"})
    with http, pytest.raises(HostRefused):
        http.request("GET", path)


def test_a_base_path_is_kept():
    seen = []

    def behave(connection, request):
        seen.append(request)
        connection.sendall(answer())

    with server(behave) as port:
        http = OutgoingClient(
            f"http://127.0.0.1:{port}/api/",
            allowed_hosts={"127.0.0.1"},
            allow_loopback=True,
        )
        with http:
            http.request("GET", "/v1/a%2Fb")
    assert seen[0].startswith(b"GET /api/v1/a%2Fb HTTP/1.1")


def test_loopback_is_refused_unless_allowed():
    http = OutgoingClient("https://127.0.0.1:9", allowed_hosts={"127.0.0.1"})
    with http, pytest.raises(AddressRefused) as caught:
        http.request("GET", "/")
    assert caught.value.sent is False


def test_the_address_that_was_checked_is_the_one_called(monkeypatch):
    """A name that answers differently the second time is asked once only."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    real = socket.getaddrinfo

    def changing(host, *rest, **options):
        if host != "gateway.test":
            return real(host, *rest, **options)
        return [(None, None, 0, "", (answers.pop(0)[0], 80))]

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    with server(saying(answer())) as port, client(port, host="gateway.test") as http:
        assert http.request("GET", "/").status == 200
    assert answers == [["10.0.0.1"]]


def test_the_log_has_no_query_header_or_body(caplog):
    with (
        server(saying(answer())) as port,
        client(port) as http,
        caplog.at_level(logging.DEBUG),
    ):
        http.request(
            "GET",
            "/v1/x",
            params={"phone": "0166000001"},
            headers={"Authorization": "Bearer s3cret"},
        )
    text = " ".join(
        str(vars(record)) for record in caplog.records if "lokahome" in record.name
    )
    assert "outgoing_status" in text
    assert "0166000001" not in text
    assert "s3cret" not in text
