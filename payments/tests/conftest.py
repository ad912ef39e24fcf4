"""What tests of money have: a gateway in memory, charges at each stage, the books."""

from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Sum

from lokahome.core import clock
from lokahome.core.events.models import Delivery, OutboxEvent
from lokahome.core.ids import uuid7
from lokahome.core.invariants import INVARIANTS, check_invariants
from lokahome.core.money import Money
from payments.models import Charge, Posting
from payments.services import routing
from payments.services.charges import request_charge
from payments.services.starting import start_charge
from payments.tests.fake_gateway import FakeGateway

AMA = UUID("01890000-0000-7000-8000-000000000001")
KOSSI = UUID("01890000-0000-7000-8000-000000000002")


@pytest.fixture(autouse=True)
def own_papers(settings, tmp_path):
    """Keep drawn receipts out of the development's folder."""
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "papers"), "base_url": None},
        },
    }


@pytest.fixture
def gateway(monkeypatch):
    """The gateway in memory, in the place of FedaPay."""
    fake = FakeGateway()
    monkeypatch.setattr(routing, "BUILDERS", {"fedapay": lambda: fake})
    monkeypatch.setattr("payments.services.reconciliation.BUILDERS", routing.BUILDERS)
    routing.gateway_named.cache_clear()
    yield fake
    routing.gateway_named.cache_clear()


@pytest.fixture
def new_charge(gateway):
    """Make a charge that was requested and not sent."""

    def make(*, payer=AMA, payee=KOSSI, amount=35_000, now=None, **changes):
        fields = {
            "payer_id": payer,
            "payee_id": payee,
            "amount": Money(amount),
            "subject": f"thing:{uuid7()}",
            "operator": "mtn",
            "payer_phone": "+2290197000001",
            "description": "Loyer de novembre 2026",
            "now": now or clock.now(),
        }
        return request_charge(**{**fields, **changes})

    return make


@pytest.fixture
def sent_charge(new_charge):
    """Make a charge whose payer was prompted."""

    def make(**fields):
        charge = new_charge(**fields)
        start_charge(charge_id=charge.pk, now=fields.get("now") or clock.now())
        charge.refresh_from_db()
        return charge

    return make


@pytest.fixture
def books():
    """Read the ledger, and assert that every claim about money holds."""

    class Books:
        def balance(self, code, party=None):
            rows = Posting.objects.filter(account__code=code)
            if party is not None:
                rows = rows.filter(account__party_id=party)
            return rows.aggregate(sum=Sum("amount", default=0))["sum"]

        def hold(self):
            with connection.cursor() as cursor:
                # What waits for a commit is checked now: most tests never commit.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            names = [
                name
                for name in INVARIANTS
                if name.split(".")[0] in ("ledger", "charge")
            ]
            assert names
            assert check_invariants(names) == []

        def snapshot(self):
            """Everything that a refusal must leave as it was."""
            return (
                list(Charge.objects.order_by("pk").values()),
                list(Posting.objects.order_by("pk").values_list("pk", flat=True)),
                OutboxEvent.objects.count(),
                Delivery.objects.count(),
            )

    return Books()


@pytest.fixture
def events():
    """Names of the facts recorded so far, oldest first, and of one charge."""

    def names(charge=None):
        rows = OutboxEvent.objects.order_by("pk")
        if charge is not None:
            rows = rows.filter(subject=f"charge:{charge.pk}")
        return [row.name.removeprefix("payments.") for row in rows]

    return names
