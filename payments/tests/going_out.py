"""Money that went out, or is on its way back: beside the stages that conftest makes."""

import pytest

from lokahome.core import clock
from payments.models import Refund
from payments.services.sending import send_transfer
from payments.services.transfer_confirming import confirm_transfer
from payments.services.transfers import approve_transfer


@pytest.fixture
def arrived_payout(sent_payout, gateway):
    """Make a payout that arrived."""

    def make(*amounts, fee=300):
        payout = sent_payout(*amounts)
        gateway.deliver(payout.reference, fee=fee)
        return asked(payout)

    return make


@pytest.fixture
def new_refund(owed_escrow):
    """Make a refund that a rule proposed: above 10 000 F it waits for a checker."""

    def make(back, *amounts):
        return Refund.objects.get(escrow=owed_escrow(*amounts, back=back))

    return make


@pytest.fixture
def arrived_refund(new_refund, checker, gateway):
    """Make a refund that arrived."""

    def make(back, *amounts):
        refund = new_refund(back, *amounts)
        if refund.status == "proposed":
            refund = approved(refund, checker)
        send_transfer(transfer_id=refund.pk, now=clock.now())
        gateway.deliver(refund.reference, fee=150)
        return asked(refund)

    return make


def approved(transfer, checker, *, reason="Vérifié."):
    """Return *transfer* approved by the *checker*, its money reserved."""
    return approve_transfer(
        transfer_id=transfer.pk, actor=checker.user, reason=reason, now=clock.now()
    )


def asked(transfer, source="webhook"):
    """Return *transfer* after the gateway was asked about it."""
    return confirm_transfer(transfer_id=transfer.pk, now=clock.now(), source=source)
