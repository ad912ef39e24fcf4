"""Setting a password, changing it, and setting it anew."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers

from accounts.models import CodeRequest
from lokahome.core.api.fields import PhoneField

PASSWORD_LENGTH = 200


class NewPasswordField(serializers.CharField):
    """A password that is long and rare enough; spaces around it are part of it."""

    def __init__(self) -> None:
        super().__init__(
            max_length=PASSWORD_LENGTH,
            trim_whitespace=False,
            write_only=True,
            help_text="At least 8 characters, and none of the common ones.",
        )

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the password; raises ValidationError with every reason."""
        value = super().run_validation(data)
        # Django's ValidationError becomes DRF's where fields are validated.
        validate_password(value)
        return value


class PasswordChangeSerializer(serializers.Serializer[Any]):
    """The password in use, when there is one, and the next."""

    old_password = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=PASSWORD_LENGTH,
        trim_whitespace=False,
        write_only=True,
        help_text="Absent when none was ever set.",
    )
    new_password = NewPasswordField()


class PasswordResetSerializer(serializers.Serializer[Any]):
    """Whose password was forgotten, and where the code goes."""

    id = serializers.UUIDField(
        required=False,
        help_text="Made by the app, so that a repeat sends no second message.",
    )
    phone = PhoneField(help_text="Any usual writing, e.g. 01 97 00 00 00.")
    channel = serializers.ChoiceField(
        choices=CodeRequest.Channel.choices,
        default=CodeRequest.Channel.SMS,
        help_text="By SMS, or to the e-mail address that the account proved.",
    )


class PasswordResetRequestedSerializer(serializers.ModelSerializer[CodeRequest]):
    """A request for a code, the same whether the number has an account or not."""

    id = serializers.UUIDField(read_only=True, help_text="Send it with the code.")
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="After this, ask for another code."
    )

    class Meta:
        model = CodeRequest
        fields = ("id", "expires_at")


class PasswordResetConfirmSerializer(serializers.Serializer[Any]):
    """The code that was received, and the new password."""

    request_id = serializers.UUIDField(help_text="Id of the request.")
    code = serializers.RegexField(
        r"^[0-9]{6}\Z", max_length=6, help_text="Six digits, e.g. 042917."
    )
    new_password = NewPasswordField()
