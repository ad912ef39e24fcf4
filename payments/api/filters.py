"""What lists of money may be narrowed by."""

from __future__ import annotations

import django_filters

from payments.models import Charge, ChargeStatus


class PaymentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Payments by state and by what they pay for."""

    status = django_filters.ChoiceFilter(
        choices=ChargeStatus.choices, help_text="Where it stands."
    )
    subject = django_filters.CharFilter(
        max_length=80, help_text="What it pays for, `lease:<id>`."
    )

    class Meta:
        model = Charge
        fields = ("status", "subject")
