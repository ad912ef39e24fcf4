"""Signing in with an account of another service."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

PROVIDERS = [("google", "Google")]
TOKEN_LENGTH = 8000
LINK_LENGTH = 400


class NonceSerializer(serializers.Serializer[Any]):
    """What the app puts into its request at the other service."""

    nonce = serializers.CharField(
        read_only=True, max_length=64, help_text="Goes into the request, once."
    )
    expires_at = serializers.DateTimeField(
        read_only=True, help_text="After this, ask for another."
    )


class OidcSignInSerializer(serializers.Serializer[Any]):
    """What the other service gave: an identity token, or a code to get one for."""

    id_token = serializers.CharField(
        required=False, max_length=TOKEN_LENGTH, write_only=True, help_text="As given."
    )
    code = serializers.CharField(
        required=False,
        max_length=2000,
        write_only=True,
        help_text="Authorization code; with `code_verifier` and `redirect_uri`.",
    )
    code_verifier = serializers.RegexField(
        r"^[A-Za-z0-9._~-]{43,128}\Z",
        required=False,
        max_length=128,
        write_only=True,
        help_text="PKCE (RFC 7636).",
    )
    redirect_uri = serializers.CharField(
        required=False, max_length=300, help_text="Where the code was received."
    )
    device_name = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=80,
        help_text="Name of the phone or browser, for the list of sessions.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take a token, or a code with its two companions."""
        code = {"code", "code_verifier", "redirect_uri"}
        given = set(attrs) - {"device_name"}
        if given not in ({"id_token"}, code):
            raise serializers.ValidationError(code="token_or_code")
        return attrs


class LinkNeededSerializer(serializers.Serializer[Any]):
    """Nobody has linked that account yet: prove a number, and link it."""

    link_token = serializers.CharField(
        read_only=True,
        max_length=LINK_LENGTH,
        help_text=(
            "For `POST /auth/otp-verifications`, or for `POST /me/identities` when more "
            "than a code was asked."
        ),
    )
    expires_at = serializers.DateTimeField(read_only=True, help_text="30 minutes.")


class LinkSerializer(serializers.Serializer[Any]):
    """A link token."""

    link_token = serializers.CharField(
        max_length=LINK_LENGTH, write_only=True, help_text="As the sign-in gave it."
    )


class IdentitySerializer(serializers.Serializer[Any]):
    """An account of another service that opens this one."""

    provider = serializers.ChoiceField(
        choices=PROVIDERS, read_only=True, help_text="Whose account it is."
    )
    linked_at = serializers.DateTimeField(
        source="date_joined", read_only=True, help_text="Since when."
    )


class IdentityListSerializer(serializers.Serializer[Any]):
    """All of them: one of a service at most."""

    data = IdentitySerializer(  # type: ignore[assignment]  # DRF's own "data"
        many=True, read_only=True, help_text="The newest first."
    )
