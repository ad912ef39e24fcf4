"""The simulator as the gateway of a test: its process, its wire, its webhooks carried."""

from datetime import timedelta

import pytest

from lokahome.core import clock
from lokahome.core.events.delivering import drain
from lokahome.core.events.models import Delivery
from lokahome.core.http.client import OutgoingClient
from payments.gateways.fedapay import FedaPayConfig, FedaPayGateway
from payments.services import reconciliation, routing
from payments.services.polling import request_due_checks
from payments.tests import simulation


@pytest.fixture
def receiver():
    receiver = simulation.Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def simulator(tmp_path, receiver):
    simulator = simulation.Simulator(
        tmp_path / "book.sqlite", webhook=receiver.url
    ).start()
    yield simulator
    simulator.stop()


@pytest.fixture
def gateway(simulator, monkeypatch):
    client = OutgoingClient(
        simulator.url,
        allowed_hosts={"127.0.0.1"},
        allow_loopback=True,
        connect_seconds=1,
        read_seconds=2,
        deadline_seconds=3,
    )
    adapter = FedaPayGateway(
        FedaPayConfig(
            secret_key=simulation.SECRET_KEY,
            webhook_secrets=(simulation.WEBHOOK_SECRET,),
            page_hosts=frozenset({"127.0.0.1"}),
        ),
        client,
    )
    for module in (routing, reconciliation):
        monkeypatch.setattr(module, "BUILDERS", {"fedapay": lambda: adapter})
    routing.gateway_named.cache_clear()
    yield adapter
    routing.gateway_named.cache_clear()
    client.close()


@pytest.fixture
def world(receiver, anonymous):
    """Carries webhooks, relays and beats until a condition holds."""

    class World:
        carried = 0
        answers = []

        def carry(self):
            while self.carried < len(receiver.received):
                headers, body = receiver.received[self.carried]
                self.carried += 1
                answer = anonymous.generic(
                    "POST",
                    "/api/v1/webhooks/fedapay",
                    body,
                    content_type="application/json",
                    headers={
                        name: value
                        for name, value in headers.items()
                        if name.lower().startswith("x-")
                    },
                )
                self.answers.append(answer.status_code)

        def turn(self, *, hooks=True):
            if hooks:
                self.carry()
            # A lane that asked for patience gets none here.
            Delivery.objects.filter(status="waiting").update(available_at=clock.now())
            drain(rounds=5)
            request_due_checks(now=clock.now() + timedelta(minutes=5))
            drain(rounds=5)

        def until(self, condition, **options):
            def turned():
                self.turn(**options)
                return condition()

            return simulation.wait_until(turned, 40)

    return World()
