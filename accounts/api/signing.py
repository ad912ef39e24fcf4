"""How our tokens are signed and read: one algorithm, keys that rotate by their id."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)
from rest_framework_simplejwt.tokens import Token

ALGORITHM = "HS256"
REQUIRED = ("aud", "iss", "typ", "exp", "iat", "jti", "sub", "sid")


class KeyringBackend(TokenBackend):
    """SimpleJWT's backend with several keys; the first of the ring signs.

    The algorithm is ours, never the token's; a ``kid`` that is not in the ring, and a
    token without one of `REQUIRED`, are refused before anything is believed.
    """

    def __init__(self) -> None:
        super().__init__(
            ALGORITHM,
            audience=settings.SIMPLE_JWT["AUDIENCE"],
            issuer=settings.SIMPLE_JWT["ISSUER"],
        )

    def sign(self, claims: dict[str, Any], key_id: str) -> str:
        """Return *claims* as a token under the key *key_id*; same claims, same text.

        Raises KeyError for a key that has left the ring.
        """
        body = {**claims, "aud": self.audience, "iss": self.issuer}
        key = settings.JWT_SIGNING_KEYS[key_id]
        return jwt.encode(body, key, algorithm=ALGORITHM, headers={"kid": key_id})

    def encode(self, payload: dict[str, Any]) -> str:
        """Return *payload* as a token under the key in use."""
        return self.sign(payload, signing_key_id())

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """Return the claims of *token*, always verified; raises TokenBackendError."""
        try:
            header = jwt.get_unverified_header(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                settings.JWT_SIGNING_KEYS[header["kid"]],
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=self.issuer,
                options={"require": list(REQUIRED)},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenBackendExpiredToken("expired") from error
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise TokenBackendError("invalid") from error
        return claims


def signing_key_id() -> str:
    """Return the id of the key that signs now."""
    return next(iter(settings.JWT_SIGNING_KEYS))


class SignedToken(Token):
    """A SimpleJWT token on our ring of keys."""

    def get_token_backend(self) -> KeyringBackend:
        """Return the backend, with the keys as they are set now."""
        return KeyringBackend()


class Access(SignedToken):
    """What opens the API, for a quarter of an hour."""

    token_type = "access"  # noqa: S105 - the name of a kind
    lifetime: timedelta = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]


class Refresh(SignedToken):
    """What is exchanged for the next pair, once."""

    token_type = "refresh"  # noqa: S105 - the name of a kind
    lifetime: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]


__all__ = ["Access", "KeyringBackend", "Refresh", "TokenError", "signing_key_id"]
