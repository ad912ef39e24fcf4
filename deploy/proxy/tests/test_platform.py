"""The platform under one name: pages, the API and sockets through a real nginx."""

import json
from types import SimpleNamespace
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect as open_socket

from deploy.local import ports
from deploy.throwaway.database import connect
from deploy.throwaway.platform import platform
from deploy.throwaway.proxy import proxy

AMA = {"username": "ama", "password": "lokahome-demo"}


@pytest.fixture(scope="module")
def running():
    """Web and realtime behind nginx, told that they are."""
    port = ports.any_free()
    name = f"http://{ports.LOOPBACK}:{port}"
    extra = {"PUBLIC_URL": name, "REALTIME_URL": name, "NUM_PROXIES": "1"}
    with (
        platform(run=("web", "realtime"), extra=extra) as behind,
        proxy(
            port=port,
            web=int(behind.env["WEB_PORT"]),
            realtime=int(behind.env["REALTIME_PORT"]),
        ) as at,
        httpx.Client(base_url=at, timeout=20) as client,
    ):
        assert at == name
        yield SimpleNamespace(client=client, at=at, behind=behind)


@pytest.fixture(scope="module")
def token(running):
    answer = running.client.post("/api/v1/auth/login", json=AMA)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access']}"}


def ticket_for(running, token):
    answer = running.client.post(
        "/api/v1/realtime/tickets", json={"device_id": str(uuid4())}, headers=token
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def hello(ticket):
    return json.dumps({"type": "hello", "ticket": ticket})


def shout(url):
    """Send a frame of a megabyte, and read what comes back."""
    with open_socket(url, open_timeout=20) as socket:
        socket.send("x" * 1024 * 1024)
        socket.recv(20)


def test_pages_the_api_and_the_health_of_both_have_one_name(running, token):
    home = running.client.get("/")
    assert (home.status_code, "text/html" in home.headers["Content-Type"]) == (
        200,
        True,
    )
    me = running.client.get("/api/v1/me", headers=token)
    assert me.json()["full_name"] == "Ama Dossou"
    assert running.client.get("/api/v1/me").status_code == 401
    for path in ("/livez", "/readyz", "/realtime/livez", "/realtime/readyz"):
        assert running.client.get(path).status_code == 200, path
    assert running.client.get("/realtime/readyz").json() == {
        "database": True,
        "redis": True,
    }


def test_the_application_compresses_and_the_proxy_leaves_it_so(running):
    answer = running.client.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "</html>" in answer.text


def test_a_ticket_of_the_api_opens_the_socket_under_the_same_name(running, token):
    ticket = ticket_for(running, token)
    assert ticket["socket_url"] == running.at.replace("http", "ws") + "/realtime/v1"
    with open_socket(ticket["socket_url"], open_timeout=20) as socket:
        socket.send(hello(ticket["ticket"]))
        assert json.loads(socket.recv(20))["type"] == "welcome"


def test_a_page_of_the_same_name_opens_sockets_and_of_another_does_not(running):
    url = running.at.replace("http", "ws") + "/realtime/v1"
    with open_socket(url, origin=running.at, open_timeout=20):
        pass
    with (
        pytest.raises(InvalidStatus) as refusal,
        open_socket(url, origin="https://evil.example", open_timeout=20),
    ):
        pass
    assert refusal.value.response.status_code == 403


def test_a_frame_of_a_megabyte_closes_its_socket_and_no_other(running, token):
    url = running.at.replace("http", "ws") + "/realtime/v1"
    with open_socket(url, open_timeout=20) as quiet:
        with pytest.raises(ConnectionClosedError) as closed:
            shout(url)
        assert closed.value.rcvd.code == 1009
        quiet.send(hello(ticket_for(running, token)["ticket"]))
        assert json.loads(quiet.recv(20))["type"] == "welcome"


def test_a_body_beyond_the_limit_is_refused_in_the_apis_words(running, token):
    body = json.dumps({"full_name": "x" * 2_000_000})
    headers = {**token, "Content-Type": "application/json"}
    answer = running.client.post("/api/v1/reports", content=body, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "request.too_large"


def test_development_s_doors_are_open_behind_the_proxy_and_shut_before_it(running):
    behind = running.behind.env["WEB_PORT"]
    direct = httpx.get(f"http://{ports.LOOPBACK}:{behind}/dev/messages")
    assert direct.status_code == 200, "or the test shows nothing"
    for path in ("/dev/messages", "/dev/messages.json", "/_control/health"):
        assert running.client.get(path).status_code == 404


def test_one_client_is_one_client_whatever_it_says(running):
    """The application counts tries by the address that the proxy saw."""
    query = (
        "SELECT count(*), sum(cardinality(moments)) FROM core_ratewindow"
        " WHERE name = 'login.client'"
    )
    with connect(running.behind.env["DATABASE_URL"]) as database:
        before = database.execute(query).fetchone()
        for number in range(3):
            lies = {
                "X-Forwarded-For": f"203.0.113.{number}",
                "X_Forwarded_For": f"203.0.113.{number}",
                "Forwarded": f"for=203.0.113.{number}",
            }
            wrong = {"username": f"nobody{number}", "password": "x"}
            answer = running.client.post("/api/v1/auth/login", json=wrong, headers=lies)
            assert answer.status_code == 401
        after = database.execute(query).fetchone()
    assert after == (max(before[0], 1), (before[1] or 0) + 3)
