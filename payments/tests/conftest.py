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
from payments.models import Charge, Escrow, Posting, Transfer
from payments.services import routing
from payments.services.charges import request_charge
from payments.services.confirming import confirm_with_gateway
from payments.services.escrow import open_escrow, settle_escrow
from payments.services.sending import send_transfer
from payments.services.starting import start_charge
from payments.services.transfers import approve_transfer, propose_payout
from payments.tests.fake_gateway import FakeGateway
from payments.tests.going_out import (  # noqa: F401 - fixtures
    arrived_payout,
    arrived_refund,
    new_refund,
)

AMA = UUID("01890000-0000-7000-8000-000000000001")
KOSSI = UUID("01890000-0000-7000-8000-000000000002")
OURS = ("ledger", "charge", "escrow", "transfer")
"""First words of the claims that are about money."""


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
def paid_into(sent_charge, gateway):
    """Pay an escrow: its charge is requested, approved and captured."""

    def pay(escrow, amount, **fields):
        charge = sent_charge(
            payer=escrow.payer_id,
            payee=escrow.payee_id,
            amount=amount,
            subject=escrow.subject,
            escrow_id=escrow.pk,
            **fields,
        )
        gateway.approve(charge.reference, fee=amount * 18 // 1000)
        confirm_with_gateway(charge_id=charge.pk, now=clock.now(), source="poll")
        charge.refresh_from_db()
        return charge

    return pay


@pytest.fixture
def held_escrow(paid_into, ama, afi):
    """Make an escrow between Ama and Afi that holds *amounts*, a charge each."""

    def make(*amounts):
        escrow = open_escrow(
            subject=f"job:{uuid7()}",
            payer_id=ama.id,
            payee_id=afi.id,
            now=clock.now(),
        )
        for amount in amounts or (20_000,):
            paid_into(escrow, amount)
        escrow.refresh_from_db()
        return escrow

    return make


@pytest.fixture
def owed_escrow(held_escrow):
    """Make an escrow whose money is Afi's, but for *back* to Ama."""

    def make(*amounts, back=0):
        return settle_escrow(
            escrow_id=held_escrow(*amounts).pk,
            to_payer=Money(back),
            now=clock.now(),
            actor_id=None,
            reason="approved",
        )

    return make


@pytest.fixture
def proposed_payout(owed_escrow, finance):
    """Make a payout to Afi that finance proposed."""

    def make(*amounts):
        return propose_payout(
            escrow_id=owed_escrow(*amounts).pk, actor=finance.user, now=clock.now()
        )

    return make


@pytest.fixture
def reserved_payout(proposed_payout, checker):
    """Make a payout that a second person approved, and that nobody sent yet."""

    def make(*amounts):
        return approve_transfer(
            transfer_id=proposed_payout(*amounts).pk,
            actor=checker.user,
            reason="Travaux vus et approuvés",
            now=clock.now(),
        )

    return make


@pytest.fixture
def sent_payout(reserved_payout):
    """Make a payout that the gateway was asked to send."""

    def make(*amounts):
        transfer = reserved_payout(*amounts)
        send_transfer(transfer_id=transfer.pk, now=clock.now())
        transfer.refresh_from_db()
        return transfer

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
            names = [name for name in INVARIANTS if name.split(".")[0] in OURS]
            assert names
            assert check_invariants(names) == []

        def snapshot(self):
            """Everything that a refusal must leave as it was."""
            return (
                list(Charge.objects.order_by("pk").values()),
                list(Escrow.objects.order_by("pk").values()),
                list(Transfer.objects.order_by("pk").values()),
                list(Posting.objects.order_by("pk").values_list("pk", flat=True)),
                OutboxEvent.objects.count(),
                Delivery.objects.count(),
            )

    return Books()


@pytest.fixture
def events():
    """Names of the facts recorded so far, oldest first, and of one row."""

    def names(row=None):
        rows = OutboxEvent.objects.order_by("pk")
        if row is not None:
            rows = rows.filter(subject__endswith=f":{row.pk}")
        return [row.name.removeprefix("payments.") for row in rows]

    return names
