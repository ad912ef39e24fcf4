import itertools

import pytest

from lokahome.core.http.client import OutgoingClient
from payments.gateways.base import ChargeOrder, Operator, PayoutOrder
from payments.gateways.fedapay import FedaPayConfig, FedaPayGateway
from payments.tests import simulation

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def receiver():
    receiver = simulation.Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory, receiver):
    book = tmp_path_factory.mktemp("simulator") / "book.sqlite"
    simulator = simulation.Simulator(book, webhook=receiver.url).start()
    yield simulator
    simulator.stop()


@pytest.fixture
def wait_until():
    return simulation.wait_until


def client(simulator, **limits):
    return OutgoingClient(
        simulator.url, allowed_hosts={"127.0.0.1"}, allow_loopback=True, **limits
    )


@pytest.fixture(scope="session")
def http(simulator):
    with client(simulator) as patient:
        yield patient


@pytest.fixture(scope="session")
def hasty_http(simulator):
    with client(simulator, read_seconds=0.3, deadline_seconds=0.6) as hasty:
        yield hasty


@pytest.fixture
def config():
    return FedaPayConfig(
        secret_key=simulation.SECRET_KEY,
        webhook_secrets=(simulation.WEBHOOK_SECRET,),
        page_hosts=frozenset({"127.0.0.1"}),
    )


@pytest.fixture
def gateway(config, http):
    return FedaPayGateway(config, http)


@pytest.fixture
def hasty(config, hasty_http):
    """A gateway that waits so little that time-outs can be tested quickly."""
    return FedaPayGateway(config, hasty_http)


@pytest.fixture
def charge_order():
    """Make an order of a fresh reference for a phone with the given ending."""

    def make(ending="001", **changes):
        fields = {
            "reference": f"LH-{next(_numbers):05}",
            "amount": 25_000,
            "currency": "XOF",
            "description": "Loyer décembre",
            "operator": Operator.MTN,
            "phone": f"+2290166123{ending}",
        }
        return ChargeOrder(**{**fields, **changes})

    return make


@pytest.fixture
def payout_order():
    """Make a payout of a fresh reference to a fresh number with the given ending."""

    def make(ending="001", **changes):
        number = next(_numbers)
        fields = {
            "reference": f"LHP-{number:05}",
            "amount": 20_000,
            "currency": "XOF",
            "description": "Loyer reversé",
            "operator": Operator.MOOV,
            "phone": f"+22901640{number % 100:02}{ending}",
        }
        return PayoutOrder(**{**fields, **changes})

    return make
