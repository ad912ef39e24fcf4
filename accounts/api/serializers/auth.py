"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.api.serializers.me import MeSerializer
from accounts.models import CodeRequest
from accounts.queries import handle_for
from lokahome.core.api.fields import PhoneField
from lokahome.core.errors import NotAuthenticated

TOKEN_LENGTH = 2000


class CredentialsWrong(NotAuthenticated):
    """No account has this handle or number with this password."""

    code = "auth.credentials_wrong"
    title = gettext_lazy("Identifiants incorrects")

    def default_detail(self) -> str:
        return _("L’identifiant ou le mot de passe n’est pas le bon.")


class OtpRequestSerializer(serializers.Serializer[Any]):
    """A request for a code by SMS."""

    id = serializers.UUIDField(
        required=False,
        help_text="Made by the app, so that a repeat sends no second SMS.",
    )
    phone = PhoneField(help_text="Any usual writing, e.g. 01 97 00 00 00.")
    device = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=80,
        help_text="Name of the phone or browser, for the list of sessions.",
    )


class OtpRequestedSerializer(serializers.ModelSerializer[CodeRequest]):
    """A request for a code, the same whether the number has an account or not."""

    id = serializers.UUIDField(read_only=True, help_text="Send it with the code.")
    phone = serializers.CharField(
        read_only=True, max_length=16, help_text="The number in E.164."
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="After this, ask for another code."
    )

    class Meta:
        model = CodeRequest
        fields = ("id", "phone", "expires_at")


class OtpVerificationSerializer(serializers.Serializer[Any]):
    """The code that was received, and the request it answers."""

    request_id = serializers.UUIDField(help_text="Id of the request.")
    code = serializers.RegexField(
        r"^[0-9]{6}\Z", max_length=6, help_text="Six digits, e.g. 042917."
    )


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token, used up by this request."""

    refresh = serializers.CharField(max_length=TOKEN_LENGTH, help_text="Used once.")


class TokenPairSerializer(serializers.Serializer[Any]):
    """Both tokens; send the first as ``Authorization: Bearer``."""

    access = serializers.CharField(
        read_only=True, max_length=TOKEN_LENGTH, help_text="For 15 minutes."
    )
    refresh = serializers.CharField(
        read_only=True, max_length=TOKEN_LENGTH, help_text="For 30 days, used once."
    )
    access_expires_at = serializers.DateTimeField(
        read_only=True, help_text="End of the access token."
    )
    refresh_expires_at = serializers.DateTimeField(
        read_only=True, help_text="End of the refresh token."
    )


class SessionSerializer(TokenPairSerializer):
    """Tokens, and whose they are."""

    is_new = serializers.BooleanField(
        read_only=True, help_text="True when this sign-in made the account."
    )
    user = MeSerializer(read_only=True, help_text="The person.")


class PasswordLoginSerializer(serializers.Serializer[Any]):
    """A handle or a phone, and a password; dj-rest-auth's LoginView reads ``user``."""

    username = serializers.CharField(
        max_length=64, help_text="Handle, or phone in any usual writing."
    )
    password = serializers.CharField(
        max_length=200, trim_whitespace=False, write_only=True, help_text="Password."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return *attrs* with ``user``; raises CredentialsWrong."""
        user = authenticate(
            self.context["request"],
            username=handle_for(attrs["username"]),
            password=attrs["password"],
        )
        if user is None:  # unknown, wrong and closed look the same and cost the same
            raise CredentialsWrong
        return {"user": user}
