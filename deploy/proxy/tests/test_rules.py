"""What the proxy lets through, what it replaces and what it refuses, asked of nginx."""

import json
import socket
from types import SimpleNamespace

import httpx
import pytest

from deploy.local import ports
from deploy.proxy.tests.echo import Echo
from deploy.throwaway.proxy import proxy

UPLOAD = "/api/v1/uploads/0198c0de-0000-7000-8000-000000000000/content"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def running():
    """A proxy before two echoes; the second realtime port is closed."""
    with (
        Echo("web") as web,
        Echo("realtime") as realtime,
        proxy(
            port=(port := ports.any_free()), web=web.port, realtime=realtime.port
        ) as at,
        httpx.Client(base_url=at, timeout=20) as client,
    ):
        yield SimpleNamespace(web=web, realtime=realtime, client=client, port=port)


@pytest.fixture
def site(running):
    """The same, having seen nothing yet."""
    running.web.seen.clear()
    running.realtime.seen.clear()
    return running


def raw(port, request):
    """Send *request* byte for byte; return the head of the answer."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer and (part := connection.recv(4096)):
            answer += part
    return answer.decode("latin-1")


@pytest.mark.parametrize("path", ["/", "/api/v1/me", "/admin/", "/livez", "/readyz"])
def test_everything_goes_to_the_web_process(site, path):
    assert site.client.get(path).json() == {"from": "web"}
    assert [seen.path for seen in site.web.seen] == [path]
    assert not site.realtime.seen


def test_sockets_go_to_the_realtime_process(site):
    assert site.client.get("/realtime/v1").json() == {"from": "realtime"}
    assert [seen.path for seen in site.realtime.seen] == ["/realtime/v1"]
    assert not site.web.seen


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_the_health_of_the_realtime_process_has_a_name_of_its_own(site, path):
    assert site.client.get(f"/realtime{path}").json() == {"from": "realtime"}
    assert [seen.path for seen in site.realtime.seen] == [path]


@pytest.mark.parametrize("where", ["web", "realtime"])
def test_what_a_client_says_about_itself_is_replaced(site, where):
    path = "/api/v1/me" if where == "web" else "/realtime/v1"
    lies = {
        "X-Forwarded-For": "6.6.6.6, 7.7.7.7",
        "X_Forwarded_For": "6.6.6.6",
        "x-forwarded_for": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "X_Forwarded_Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6;proto=https",
        "Proxy": "http://evil.example",
    }
    site.client.get(path, headers=lies)
    [seen] = getattr(site, where).seen
    assert seen.all("X-Forwarded-For") == ["127.0.0.1"]
    assert seen.all("X-Forwarded-Proto") == ["http"]
    assert seen.all("X-Forwarded-Host") == [f"127.0.0.1:{site.port}"]
    assert seen.all("X-Forwarded-Port") == [str(site.port)]
    assert seen.all("X-Real-IP") == ["127.0.0.1"]
    assert seen.all("Host") == [f"127.0.0.1:{site.port}"]
    assert seen.all("Forwarded") == seen.all("Proxy") == []


def test_what_the_application_reads_comes_through(site):
    said = {
        "Authorization": "Bearer token",
        "Idempotency-Key": "0198c0de-0000-7000-8000-000000000000",
        "If-Match": '"3-abc"',
        "Accept-Language": "en",
        "Accept-Encoding": "gzip",
        "LokaHome-App": "android/1.4.2",
        "Request-Id": "abc",
    }
    answer = site.client.post("/api/v1/reports?x=%2Fy", json={"a": 1}, headers=said)
    [seen] = site.web.seen
    assert seen.path == "/api/v1/reports?x=%2Fy"
    assert {name: seen.all(name) for name in said} == {
        name: [value] for name, value in said.items()
    }
    assert answer.headers["Content-Encoding"] == "gzip"


def test_only_the_socket_path_is_upgraded(site):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    site.client.get("/api/v1/me", headers=upgrade)
    site.client.get("/realtime/v1", headers=upgrade)
    assert site.web.seen[0].all("Upgrade") == []
    assert site.web.seen[0].all("Connection") == ["close"]
    assert site.realtime.seen[0].all("Upgrade") == ["websocket"]
    assert site.realtime.seen[0].all("Connection") == ["upgrade"]


@pytest.mark.parametrize(
    "path",
    [
        "/dev",
        "/dev/",
        "/dev/messages",
        "/dev/messages?q=1",
        "//dev/messages",
        "/./dev/messages",
        "/%64ev/messages",
        "/dev%2Fmessages",
        "/api/../dev/messages",
        "/api/v1/..%2f..%2fdev/messages",
        "/realtime/../dev/messages",
        "/_control",
        "/_control/health",
        "/%5Fcontrol/payments",
        "/realtime/../_control/health",
        "/metrics",
    ],
)
def test_what_belongs_to_development_never_arrives(site, path):
    request = f"GET {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
    assert raw(site.port, request.encode()).startswith("HTTP/1.1 404 ")
    assert site.web.seen == site.realtime.seen == []


@pytest.mark.parametrize("path", ["/develop", "/devices", "/api/v1/dev/x"])
def test_a_path_that_only_begins_alike_is_let_through(site, path):
    assert site.client.get(path).status_code == 200


def is_problem(answer, code):
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (answer.status_code, code)
    assert body["request_id"] == answer.headers["Request-Id"]
    assert {"type", "title", "is_retryable"} <= set(body)
    return body


def test_a_body_that_is_too_large_is_refused_as_the_api_refuses(site):
    assert site.client.post("/api/v1/x", content=b"x" * MEGABYTE).status_code == 200
    site.web.seen.clear()
    answer = site.client.post("/api/v1/x", content=b"x" * (MEGABYTE + 1))
    assert answer.status_code == 413
    assert is_problem(answer, "request.too_large")["is_retryable"] is False
    assert site.web.seen == []


def test_a_body_that_does_not_say_its_size_is_refused_as_well(site):
    answer = site.client.post("/api/v1/x", content=(b"x" * 65536 for _ in range(17)))
    assert answer.status_code == 413
    assert site.web.seen == []


def test_a_photo_is_larger_than_a_form_and_has_a_limit_too(site):
    assert site.client.put(UPLOAD, content=b"x" * 10_000_001).status_code == 200
    assert site.web.seen[0].size == 10_000_001
    answer = site.client.put(UPLOAD, content=b"x" * (10 * MEGABYTE + 1))
    assert answer.status_code == 413
    is_problem(answer, "request.too_large")
    other = UPLOAD.replace("/content", "/elsewhere")
    assert site.client.put(other, content=b"x" * 2 * MEGABYTE).status_code == 413
    assert len(site.web.seen) == 1


def test_a_page_that_is_sent_too_much_refuses_it(site):
    answer = site.client.post("/admin/login/", content=b"x" * 2 * MEGABYTE)
    assert answer.status_code == 413
    assert site.web.seen == []


def test_a_body_that_never_ends_holds_no_thread_of_the_application(site):
    head = (
        f"PUT {UPLOAD} HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", site.port), 20) as slow:
        slow.sendall(head.encode() + b"x" * 1000)
        assert site.client.get("/api/v1/me").status_code == 200
        assert [seen.path for seen in site.web.seen] == ["/api/v1/me"]


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
        b"\r\n0\r\n\r\nGET /dev/messages HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(site, request_):
    assert raw(site.port, request_).startswith("HTTP/1.1 4")
    assert site.web.seen == []


def test_when_nobody_stands_behind_the_api_says_so_as_a_problem():
    closed = ports.any_free()
    port = ports.any_free()
    with proxy(port=port, web=closed, realtime=closed) as at:
        api = httpx.get(f"{at}/api/v1/me")
        page = httpx.get(f"{at}/")
        socket_ = httpx.get(f"{at}/realtime/v1")
    assert api.status_code == 503
    body = is_problem(api, "service.unavailable")
    assert body["is_retryable"] is True
    assert api.headers["Retry-After"] == str(body["retry_after_seconds"])
    assert page.status_code == 503
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "momentanément" in page.text
    assert socket_.status_code == 502


def test_the_refusals_are_of_the_same_shape_as_the_applications():
    """The problem texts in the file are copies: hold them to the catalogue."""
    from django.utils import translation

    from deploy.proxy.site import Site
    from lokahome.core.errors import CATALOGUE

    text = Site(name="a.example", web="b:1", realtime="b:2").text()
    found = [
        json.loads(line.partition("'")[2].rpartition("'")[0])
        for line in text.splitlines()
        if "return" in line and '"code"' in line
    ]
    assert len(found) == 2
    for problem in found:
        refusal = CATALOGUE[problem["code"]]
        assert problem["status"] == refusal.status
        assert problem["is_retryable"] == refusal.retryable
        with translation.override("fr"):
            assert problem["title"] == str(refusal.title)
        assert problem["type"].endswith(f"/api/v1/problems/{problem['code']}")
