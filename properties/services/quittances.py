"""The *quittance*: issued for a rent period that is paid in full, and only then."""

from __future__ import annotations

from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.queries.people import person_name
from lokahome.core.clock import local_day
from lokahome.core.documents.issuing import issue_document
from lokahome.core.documents.kinds import register_kind
from lokahome.core.documents.models import SealedDocument
from lokahome.core.errors import NotFound, StateConflict
from lokahome.core.money import Money
from payments.services.receipts import initials
from properties.models import RentPeriod

QUITTANCE = register_kind(
    "quittance",
    prefix="QT",
    title=_("Quittance de loyer"),
    template="pdf/quittance.html",
)


class PeriodNotPaid(StateConflict):
    """A quittance says that all was paid; for a part there is the receipt."""

    code = "rent.period_not_paid"
    title = _("Cette période n’est pas entièrement payée")


def issue_quittance(*, period_id: UUID) -> SealedDocument:
    """Issue the quittance of a period, once; called again it returns the same one.

    Rule BJ-REC-QUIT: a quittance only when the balance is zero, and it frees the tenant
    of the whole period. Raises NotFound, PeriodNotPaid. Draws outside any transaction.
    """
    period = (
        RentPeriod.objects.select_related(
            "lease__unit__property__division", "lease__listing__commune"
        )
        .filter(pk=period_id)
        .first()
    )
    if period is None:
        raise NotFound
    if period.status != RentPeriod.Status.PAID or period.paid_at is None:
        raise PeriodNotPaid
    lease = period.lease
    tenant, landlord = person_name(lease.tenant_id), person_name(lease.landlord_id)
    amount = Money(period.amount, period.currency)
    paid_on = local_day(period.paid_at)
    with override("fr"):
        month = date_format(period.starts_on, "F Y")
        return issue_document(
            kind=QUITTANCE.code,
            subject=f"rent_period:{period.pk}",
            people=[lease.tenant_id, lease.landlord_id],
            facts={
                "amount": amount.amount,
                "currency": amount.currency,
                "paid_on": paid_on.isoformat(),
                "payer": initials(tenant),
                "payee": initials(landlord),
                "about": f"Loyer de {month}",
            },
            context={
                "tenant": tenant or "Le locataire",
                "landlord": landlord or "Le propriétaire",
                "amount": str(amount),
                "month": month,
                "period": period,
                "paid_on": paid_on,
                "home": lease.unit.get_kind_display(),
                "place": str(lease.unit.property.division),
                "commune": str(lease.listing.commune or ""),
            },
        )
