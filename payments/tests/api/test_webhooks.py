"""POST webhooks/{gateway}: the bytes decide, and nothing else is believed."""

import pytest

from lokahome.core.events.models import OutboxEvent
from payments.api.views import webhooks
from payments.models import GatewayNotice

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhooks/fedapay"


def post(client, body, headers, url=URL, **extra):
    return client.generic(
        "POST", url, body, content_type="application/json", headers=headers, **extra
    )


def stored():
    return GatewayNotice.objects.count(), OutboxEvent.objects.count()


def test_it_works(anonymous, gateway):
    body, headers = gateway.webhook("1001", event_id="ev-1")
    answer = post(anonymous, body, headers)
    assert answer.status_code == 200
    notice = GatewayNotice.objects.get()
    assert bytes(notice.raw_body) == body
    assert notice.event_id == "ev-1"
    assert notice.headers["x-fedapay-signature"] == "good"
    assert OutboxEvent.objects.get().payload == {
        "notice_id": str(notice.pk),
        "gateway": "fedapay",
    }


def test_the_gateway_is_not_called_while_it_waits(anonymous, gateway):
    body, headers = gateway.webhook("1001")
    post(anonymous, body, headers)
    assert gateway.calls == []


def test_a_copy_gets_the_same_answer_and_is_stored_once(anonymous, gateway):
    body, headers = gateway.webhook("1001")
    first, again = (post(anonymous, body, headers) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert stored() == (1, 1)


def test_the_same_event_in_other_bytes_is_stored_once(anonymous, gateway):
    body, headers = gateway.webhook("1001", event_id="ev-1")
    post(anonymous, body, headers)
    post(anonymous, body.replace(b'": ', b'":  '), headers)
    assert stored() == (1, 1)


@pytest.mark.parametrize(
    "headers", [{}, {"X-Fedapay-Signature": ""}, {"X-Fedapay-Signature": "forged"}]
)
def test_without_a_good_signature_nothing_is_stored(anonymous, gateway, headers):
    body, _good = gateway.webhook("1001")
    answer = post(anonymous, body, headers)
    assert answer.status_code == 401
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == "payment.webhook_refused"
    assert stored() == (0, 0)


def test_an_unknown_gateway_is_not_found(anonymous, gateway):
    body, headers = gateway.webhook("1001")
    answer = post(anonymous, body, headers, url="/api/v1/webhooks/nobody")
    assert answer.status_code == 404
    assert stored() == (0, 0)


def test_a_huge_body_is_refused_before_it_is_read(anonymous, gateway, monkeypatch):
    monkeypatch.setattr(webhooks, "MAX_BODY_BYTES", 100)
    _body, headers = gateway.webhook("1001")
    answer = post(anonymous, b"x" * 101, headers)
    assert answer.status_code == 413
    assert stored() == (0, 0)


def test_a_body_that_is_no_json_is_the_adapters_affair(anonymous, gateway):
    answer = post(anonymous, b"\xff\x00", {})
    assert answer.status_code == 401


def test_what_a_gateway_accepts_does_not_matter(anonymous, gateway):
    body, headers = gateway.webhook("1001")
    answer = post(anonymous, body, headers | {"Accept": "text/html"})
    assert answer.status_code == 200


def test_reading_is_not_a_method(anonymous, gateway):
    assert anonymous.get(URL).status_code == 405
