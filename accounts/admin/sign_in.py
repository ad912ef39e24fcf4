"""Signing in to the back-office: few tries from one address, and never by the name.

Anybody could use up tries that are counted by name, and keep the colleague out.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from accounts.api.clients import client_address
from accounts.services.signing_in.guessing import take_door_limits
from lokahome.core import clock
from lokahome.core.errors import RateLimited


class StaffSignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """Django's form, counting each try before the password is looked at."""

    def clean(self) -> dict[str, Any]:
        """Return what was given; raises ValidationError, also for too many tries."""
        if name := self.cleaned_data.get("username"):
            try:
                take_door_limits(
                    identifier=name,
                    client_ip=client_address(self.request),
                    now=clock.now(),
                )
            except RateLimited as refusal:
                raise ValidationError(str(refusal.title), code="rate_limited") from None
        cleaned: dict[str, Any] = super().clean()
        return cleaned


admin.site.login_form = StaffSignInForm
