"""What is typed at the door."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.services.staff.entering import SHORTEST_REASON


class CodeForm(forms.Form):
    """Six digits of an application; on the way in, eight of a recovery code too."""

    code = forms.CharField(
        label=_("Code à six chiffres"),
        max_length=20,
        strip=True,
        widget=UnfoldAdminTextInputWidget(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
            }
        ),
    )

    def refuse(self, text: str) -> None:
        """Say why the code is refused, and leave the field empty for the next one."""
        self.add_error("code", text)
        self.data = {"code": ""}


class ReasonForm(forms.Form):
    """Why a superuser is here."""

    reason = forms.CharField(
        label=_("Motif"),
        min_length=SHORTEST_REASON,
        max_length=500,
        strip=True,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autofocus": True}),
    )


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # unfold
    """The old password, and the new one twice, under the same rules as everybody's."""


class KeyNameForm(forms.Form):
    """What a passkey is called, so that the lost one is known among others."""

    name = forms.CharField(max_length=60, required=False, strip=True)
