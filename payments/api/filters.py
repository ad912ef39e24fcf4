"""What lists of money may be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, QuerySet

from payments.models import Charge, ChargeStatus, Payout, TransferStatus
from payments.policies import PARTIALLY_REFUNDED, PAYMENT_STATUSES, REFUNDED


class PaymentFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """Payments by state, as the app sees it, and by what they pay for."""

    status = django_filters.ChoiceFilter(
        choices=PAYMENT_STATUSES, method="by_status", help_text="Where it stands."
    )
    subject = django_filters.CharFilter(
        max_length=80, help_text="What it pays for, `lease:<id>`."
    )

    class Meta:
        model = Charge
        fields = ("status", "subject")

    def by_status(
        self, rows: QuerySet[Charge], _name: str, value: str
    ) -> QuerySet[Charge]:
        """Narrow *rows*, which bring `refunded` along, to one state."""
        refunds: dict[str, dict[str, Any]] = {
            REFUNDED: {"refunded__gte": F("amount")},
            PARTIALLY_REFUNDED: {"refunded__gt": 0, "refunded__lt": F("amount")},
            ChargeStatus.SUCCEEDED.value: {"refunded": 0},
        }
        stored = ChargeStatus.SUCCEEDED if value in refunds else value
        return rows.filter(status=stored, **refunds.get(value, {}))


class PayoutFilter(django_filters.FilterSet):  # type: ignore[misc]  # no types
    """Payouts by state and by what they are about."""

    status = django_filters.ChoiceFilter(
        choices=TransferStatus.choices, help_text="Where it stands."
    )
    subject = django_filters.CharFilter(
        max_length=80, help_text="What it is about, `job:<id>`."
    )

    class Meta:
        model = Payout
        fields = ("status", "subject")
