"""What the world stands in: files in memory, nobody called, nothing that is slow."""

from __future__ import annotations

from django.conf import settings
from django.test import override_settings

MEMORY = {
    "BACKEND": "django.core.files.storage.InMemoryStorage",
    "OPTIONS": {"base_url": "/media/"},
}
GATEWAY = "https://sandbox-api.fedapay.com"
"""Called by nobody here: its address alone has to be a real one."""


def surroundings() -> override_settings:
    """Return the settings under which a world is made and asked."""
    return override_settings(
        STORAGES={**settings.STORAGES, "default": MEMORY, "private": MEMORY},
        FEDAPAY_API_BASE=GATEWAY,
        SMS_TRANSPORT="caught",
        QUIET_HOURS="",
        AUDIT_ANCHOR_URL="",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
