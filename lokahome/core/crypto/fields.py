"""A column whose text is encrypted before it leaves the process."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import Exact

from lokahome.core.crypto.encrypting import decrypt, encrypt


class EncryptedTextField(models.TextField[str, str]):
    """Text encrypted for one *purpose*, e.g. ``"identity.number"``.

    The purpose is part of each stored value: it is never changed and never shared by two
    columns. An empty text stays empty, so that constraints can ask for it. The column
    can be asked for nothing else: to find a value, keep a `keyed_digest` beside it.
    Reading raises CryptoError for a value that was altered or whose key is gone.
    """

    description = "Text encrypted at rest"

    def __init__(self, *args: Any, purpose: str, **kwargs: Any) -> None:
        self.purpose = purpose
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Name the purpose for migrations."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "purpose": self.purpose}

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt what goes to the database."""
        text = super().get_prep_value(value)
        return encrypt(text, purpose=self.purpose) if text else text

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt what comes from it."""
        return decrypt(value, purpose=self.purpose) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Offer the two questions that ciphertexts can answer."""
        return {"exact": ExactlyEmpty, "isnull": super().get_lookup("isnull")}.get(
            lookup_name
        )

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """E010: the table is written once, so its keys could never be changed."""
        found = super().check(**kwargs)
        if getattr(self.model, "append_only", False):
            found.append(
                Error(
                    "An append-only table cannot hold an encrypted column.",
                    hint="Its rows could not be moved to a new key.",
                    obj=self,
                    id="lokahome.E010",
                )
            )
        return found


class ExactlyEmpty(Exact):
    """Asks whether the text is empty; equal texts have different ciphertexts."""

    def get_prep_lookup(self) -> Any:
        """Raise FieldError for anything but the empty text."""
        if self.rhs != "":
            raise FieldError("Encrypted columns are searched by their keyed digest.")
        return ""
