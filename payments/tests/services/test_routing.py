"""Which adapter speaks, and to whom it may."""

import pytest

from lokahome.core.http.errors import HostRefused
from payments.services import routing
from payments.services.routing import UnknownGateway, gateway_named, pick_gateway


@pytest.fixture(autouse=True)
def fresh():
    gateway_named.cache_clear()
    yield
    gateway_named.cache_clear()


def test_every_operator_has_a_gateway_that_exists():
    for operator in ("mtn", "moov", "celtiis"):
        assert pick_gateway(operator=operator, currency="XOF") in routing.BUILDERS


def test_one_adapter_a_process(settings):
    settings.FEDAPAY_API_BASE = "https://sandbox-api.fedapay.com"
    assert gateway_named("fedapay") is gateway_named("fedapay")


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:9", "https://evil.example", "http://api.fedapay.com"]
)
def test_outside_development_only_fedapay_is_called(settings, base):
    settings.DEBUG = False
    settings.FEDAPAY_API_BASE = base
    with pytest.raises(HostRefused):
        gateway_named("fedapay")


def test_an_unknown_name_is_refused():
    with pytest.raises(UnknownGateway):
        gateway_named("nobody")
