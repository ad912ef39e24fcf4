"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import AllowAllUsersModelBackend
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from accounts.api.clients import client_address, device_key
from accounts.api.serializers.me import MeSerializer
from accounts.policies.signing_in import may_sign_in
from accounts.queries.signing_in import handle_for
from accounts.services.moderation.standing import suspended
from accounts.services.signing_in.guessing import take_login_limits
from lokahome.core import clock
from lokahome.core.errors import NotAuthenticated

TOKEN_LENGTH = 2000


class CredentialsWrong(NotAuthenticated):
    """No account has this handle or number with this password."""

    code = "auth.credentials_wrong"
    title = gettext_lazy("Identifiants incorrects")

    def default_detail(self) -> str:
        return _("L’identifiant ou le mot de passe n’est pas le bon.")


class RefreshSerializer(serializers.Serializer[Any]):
    """A refresh token, used up by this request."""

    refresh = serializers.CharField(
        max_length=TOKEN_LENGTH,
        help_text="Used once; the same answer again within a minute.",
    )


class SignOutSerializer(serializers.Serializer[Any]):
    """Which session to end, when it is not the one that asks."""

    refresh = serializers.CharField(
        required=False,
        max_length=TOKEN_LENGTH,
        help_text="Of the session to end; without it, the one that asks ends.",
    )


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
    link_refused = serializers.CharField(
        read_only=True,
        max_length=40,
        help_text=(
            "Why the outside account was not linked: `oidc.linked_elsewhere`, "
            "`oidc.one_per_provider`, or `auth.proof_needed` where the code is no proof "
            "(link it at me/identities after one); empty when it was, or none was to be."
        ),
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
        """Return ``user``; raises CredentialsWrong, AccountSuspended, RateLimited.

        The name is counted as it was read: blanks around it are no other person.
        """
        request = self.context["request"]
        tried = take_login_limits(
            identifier=attrs["username"],
            client_ip=client_address(request),
            device_key=device_key(request),
            now=clock.now(),
        )
        # Closed accounts included: whoever knows the password of one is told why.
        user: Any = AllowAllUsersModelBackend().authenticate(
            request,
            username=handle_for(attrs["username"]),
            password=attrs["password"],
        )
        # Unknown and wrong look the same and cost the same. So does staff, who have
        # another door: this one must not say that their password was right.
        if user is None or user.is_staff:
            raise CredentialsWrong
        tried.give_back()
        if not may_sign_in(is_active=user.is_active):
            raise suspended(user.pk, now=clock.now()) or CredentialsWrong()
        return {"user": user}
