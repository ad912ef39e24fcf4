"""Settings of signing in: passwords, tokens, second factors, other people's log-ins.

Read by `lokahome.settings`, which is long enough without them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lokahome.env import env, keyring, read_files

read_files()  # imported before the settings come to it
_debug: bool = env.bool("DEBUG", default=False)

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator")
]

# --- Tokens: accounts.api.tokens and accounts.api.authentication use these ---------------
JWT_SIGNING_KEYS: dict[str, str] = keyring("JWT_SIGNING_KEYS", debug=_debug)
"""By ``kid``; the first one signs, all of them verify: a new key goes in front."""
SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": next(iter(JWT_SIGNING_KEYS.values())),
    "AUDIENCE": "lokahome-api",
    "ISSUER": "lokahome",
    "USER_ID_CLAIM": "sub",
    "TOKEN_TYPE_CLAIM": "typ",
    "AUTH_TOKEN_CLASSES": ("accounts.api.signing.Access",),
    "UPDATE_LAST_LOGIN": False,
}
REST_AUTH: dict[str, Any] = {
    "USE_JWT": True,
    "TOKEN_MODEL": None,
    "JWT_AUTH_COOKIE": None,
    "JWT_AUTH_REFRESH_COOKIE": None,
    "JWT_AUTH_HTTPONLY": False,
    "SESSION_LOGIN": False,
    "OLD_PASSWORD_FIELD_ENABLED": True,
    "LOGOUT_ON_PASSWORD_CHANGE": True,
}

# --- Personal data at rest: lokahome.core.crypto ----------------------------------------
FIELD_KEYS: dict[str, str] = keyring("FIELD_KEYS", debug=_debug)
"""By version; the first one encrypts, all of them decrypt."""

# --- allauth: second factors of the staff, and OpenID Connect -----------------------------
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
"""Addresses are proved by `accounts.services.people.email_addresses`; allauth keeps none."""
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
MFA_ADAPTER = "accounts.services.staff.factor_adapter.StaffFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "LOKAHOME"
GOOGLE_CLIENT_ID: str = env.str("GOOGLE_CLIENT_ID", default="")
"""Empty: nobody signs in with Google, and the paths answer 404."""
GOOGLE_CLIENT_SECRET: str = env.str("GOOGLE_CLIENT_SECRET", default="")
GOOGLE_APP_CLIENT_IDS: list[str] = env.list("GOOGLE_APP_CLIENT_IDS", default=[])
"""Of our mobile apps, which ask for tokens that are meant for us."""
OIDC_REDIRECT_URIS: list[str] = env.list("OIDC_REDIRECT_URIS", default=[])
"""Exact addresses at which our apps receive an authorization code."""
OIDC_HOSTS = {"accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"}
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "APPS": (
            [
                {
                    "provider_id": "google",
                    "name": "Google",
                    "client_id": GOOGLE_CLIENT_ID,
                    "secret": GOOGLE_CLIENT_SECRET,
                    "settings": {
                        "server_url": "https://accounts.google.com",
                        "app_client_ids": GOOGLE_APP_CLIENT_IDS,
                    },
                }
            ]
            if GOOGLE_CLIENT_ID
            else []
        )
    }
}
