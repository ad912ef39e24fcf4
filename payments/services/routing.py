"""Which gateway takes a payment, and the adapter that speaks to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils.translation import gettext as _

from lokahome.core.errors import NotFound
from lokahome.core.http.client import OutgoingClient
from payments.gateways.base import Gateway
from payments.gateways.fedapay.config import FedaPayConfig
from payments.gateways.fedapay.gateway import FedaPayGateway

FEDAPAY_HOSTS = frozenset({"api.fedapay.com", "sandbox-api.fedapay.com"})
LOOPBACK = ("127.0.0.1", "localhost")


class UnknownGateway(NotFound):
    """No gateway has this name."""

    code = "payment.unknown_gateway"

    def default_detail(self) -> str:
        return _("Cette passerelle de paiement n’existe pas.")


def _fedapay() -> Gateway:
    base: str = settings.FEDAPAY_API_BASE
    # The loopback simulator is spoken to in development only (check lokahome.E…).
    hosts = FEDAPAY_HOSTS | set(LOOPBACK if settings.DEBUG else ())
    http = OutgoingClient(base, allowed_hosts=hosts, allow_loopback=settings.DEBUG)
    return FedaPayGateway(
        FedaPayConfig(
            secret_key=settings.FEDAPAY_SECRET_KEY,
            webhook_secrets=tuple(settings.FEDAPAY_WEBHOOK_SECRETS),
        ),
        http,
    )


BUILDERS: dict[str, Callable[[], Gateway]] = {"fedapay": _fedapay}


def pick_gateway(*, operator: str, currency: str) -> str:
    """Return the name of the gateway that collects *currency* from *operator*.

    One gateway serves all three networks for now; the call site does not change when
    a second one comes.
    """
    return "fedapay"


@cache
def gateway_named(name: str) -> Gateway:
    """Return the adapter called *name*, one for the whole process; UnknownGateway."""
    builder = BUILDERS.get(name)
    if builder is None:
        raise UnknownGateway
    return builder()
