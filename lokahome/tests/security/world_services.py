"""Services of a side: requests, quotes, jobs in each state, a review; and the money."""

from __future__ import annotations

from lokahome.core import clock
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from lokahome.tests.security.world import Side, digits, unblurred
from marketplace.tests import factories as make
from payments.models import Escrow, Refund
from payments.services.escrow import open_escrow, settle_escrow
from payments.services.proposing import new_payout
from payments.services.receipts import issue_receipt
from properties.tests import factories as homes


def add_services(side: Side) -> None:
    """Add what the tenant asks for and the provider does."""
    tenant, provider = side.tenant, side.provider
    lng, lat = side.at
    base = unblurred(lng + 0.003011, lat + 0.003007)
    asked_at = unblurred(lng - 0.002013, lat - 0.002009)
    side.people["provider"].secrets["base"] = digits(base[1])
    side.people["tenant"].secrets.update(
        {
            "point": digits(asked_at[1]),
            "path": f"Ruelle-canari-{side.name}",
        }
    )
    wish = {
        "at": asked_at,
        "directions": f"Ruelle-canari-{side.name}",
        "division_id": homes.division(f"Quartier {side.name}").pk,
    }
    things = side.things
    things["provider_profile"] = make.provider(provider, at=base)
    things["request"] = make.request(tenant, **wish)
    things["request_quoted"] = make.request(tenant, **wish)
    things["quote"] = make.quote(provider, things["request_quoted"])
    for name in ("accepted", "funded", "started", "delivered", "closed"):
        job = getattr(make, name)(
            tenant, provider, request=make.request(tenant, **wish)
        )
        things[f"job_{name}"] = job
    things["review_hidden"] = make.review(provider, things["job_closed"])
    both = make.closed(tenant, provider, request=make.request(tenant, **wish))
    things["review"] = make.review(tenant, both)
    make.review(provider, both)
    things["review"].refresh_from_db()


def add_money(side: Side) -> None:
    """Add what was paid, what goes back, and what goes out."""
    job = side.things["job_closed"]
    charge = job_charge(job)
    side.things["payment_captured"] = charge
    side.things["receipt"] = issue_receipt(charge_id=charge.pk, now=clock.now())
    side.things["payout"] = new_payout(
        escrow=Escrow.objects.get(pk=job.escrow_id),
        amount=Money(10_000),
        proposed_by_id=uuid7(),
        now=clock.now(),
    )
    side.things["payment_refunded"] = _refunded(side).charge


def job_charge(job):
    """Return the charge that paid for *job*."""
    return Escrow.objects.get(pk=job.escrow_id).charges.first()


def _refunded(side: Side) -> Refund:
    job = side.things["job_delivered"]
    subject = f"other:{job.pk}"
    escrow = open_escrow(
        subject=subject,
        payer_id=side.tenant.pk,
        payee_id=side.provider.pk,
        now=clock.now(),
    )
    from payments.services.charges import request_charge

    charge = request_charge(
        payer_id=side.tenant.pk,
        payee_id=side.provider.pk,
        amount=Money(20_000),
        subject=subject,
        operator="mtn",
        payer_phone=side.tenant.phone,
        description="Prestation",
        now=clock.now(),
        escrow_id=escrow.pk,
    )
    make.captured(charge)
    settle_escrow(
        escrow_id=escrow.pk,
        to_payer=Money(15_000),
        now=clock.now(),
        actor_id=None,
        reason="approved",
    )
    return Refund.objects.get(escrow=escrow)
