"""What allauth asks about second factors: how seeds are kept, what a passkey is for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import F, Func, JSONField, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from lokahome.core.crypto.encrypting import (
    current_key_id,
    decrypt,
    encrypt,
    encrypt_anew,
)

PURPOSE = "staff.second_factor"
KEYS = {
    Authenticator.Type.TOTP: "secret",
    Authenticator.Type.RECOVERY_CODES: "seed",
}
"""Kind of factor -> the key of its data that holds a ciphertext."""


class StaffFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seeds are encrypted under `settings.FIELD_KEYS`; the site is `PUBLIC_URL`'s."""

    def encrypt(self, text: str) -> str:
        """Return the ciphertext of a seed."""
        return encrypt(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the seed; raises CryptoError."""
        return decrypt(encrypted_text, purpose=PURPOSE)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the platform's own host, whatever a request calls it.

        In development it is whatever address the browser uses: passkeys need a name
        (``localhost``), and PUBLIC_URL may be a number.
        """
        host = str(urlsplit(settings.PUBLIC_URL).hostname)
        if settings.DEBUG:
            host = context.request.get_host().partition(":")[0]
        return {"id": host, "name": "LOKAHOME"}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Name a key by its number."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        name: str = _("Clé d’accès %d") % (count + 1)
        return name


class FactorSeeds:
    """The seeds of one kind of factor, for `manage.py rotate_field_keys`."""

    def __init__(self, kind: Authenticator.Type) -> None:
        self._kind = kind
        self._key = KEYS[kind]

    @property
    def name(self) -> str:
        """``mfa.Authenticator.data.secret``."""
        return f"mfa.Authenticator.data.{self._key}"

    @property
    def _rows(self) -> QuerySet[Any]:
        stored = KeyTextTransform(self._key, "data")
        rows = Authenticator.objects.filter(type=self._kind).annotate(stored=stored)
        found: QuerySet[Any] = rows
        return found

    def stale(self, *, after: Any, limit: int) -> list[tuple[Any, str]]:
        """Return (key, ciphertext) of rows not under the key in use, past *after*."""
        rows = self._rows.exclude(stored__startswith=f"v{current_key_id()}:")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        return list(rows.order_by("pk").values_list("pk", "stored")[:limit])

    def replace(self, key: Any, *, old: str, new: str) -> bool:
        """Put *new* where *old* still is, leaving the rest of the factor's data."""
        changed = Func(
            F("data"),
            Value([self._key]),
            Cast(Value(new, output_field=JSONField()), JSONField()),
            function="jsonb_set",
            template="%(function)s(%(expressions)s)",
            output_field=JSONField(),
        )
        return bool(self._rows.filter(pk=key, stored=old).update(data=changed))

    def anew(self, ciphertext: str) -> str:
        """Return the same seed under the key in use; raises CryptoError."""
        return encrypt_anew(ciphertext, purpose=PURPOSE)
