"""Encryption of single values: AES-256-GCM under versioned keys, each with one purpose.

A ciphertext reads ``v<key id>:<base64 of nonce, ciphertext and tag>``. The keys of
`settings.FIELD_KEYS` never encrypt by themselves: HKDF derives one for each purpose, and
the purpose is bound as associated data besides, so a value moved to another column does
not open. A random nonce of 96 bits is safe for four thousand million values a key
(NIST SP 800-38D, 8.3).

The row is not bound: whoever may write rows can move a ciphertext to another row of the
same column, and it opens. A column is read without its row at hand (Django's
``from_db_value``, allauth's adapter), and binding would keep out nobody who can write:
they would add a passkey or a password of their own, which are not encrypted. What would be
worth moving is held by digests beside it: an identity number's digits by one that is bound
to the person, a payout's number by one under a trigger.
"""

from __future__ import annotations

import base64
import binascii
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12
TAG_BYTES = 16
SALT = b"lokahome.core.crypto"


class CryptoError(Exception):
    """A stored value cannot be read. Never shows the value or the key."""


class NotEncrypted(CryptoError):
    """The stored value is not a ciphertext of ours."""


class KeyMissing(CryptoError):
    """The key that the value was encrypted with is not among FIELD_KEYS."""


class Tampered(CryptoError):
    """The value was altered, moved from another column, or its key was changed."""


def encrypt(text: str, *, purpose: str) -> str:
    """Return the ciphertext of *text* under the key in use, bound to *purpose*."""
    key_id = current_key_id()
    nonce = os.urandom(NONCE_BYTES)
    sealed = _cipher(key_id, purpose).encrypt(
        nonce, text.encode(), _bound(key_id, purpose)
    )
    return f"v{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(ciphertext: str, *, purpose: str) -> str:
    """Return the text of *ciphertext*; raises NotEncrypted, KeyMissing, Tampered."""
    key_id = key_id_of(ciphertext)
    if key_id not in settings.FIELD_KEYS:
        raise KeyMissing(f"FIELD_KEYS has no key {key_id!r} (purpose {purpose})")
    try:
        raw = base64.b64decode(ciphertext.partition(":")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Tampered(f"not base64 (purpose {purpose})") from error
    if len(raw) < NONCE_BYTES + TAG_BYTES:
        raise Tampered(f"cut short (purpose {purpose})")
    nonce, sealed = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
    try:
        text = _cipher(key_id, purpose).decrypt(nonce, sealed, _bound(key_id, purpose))
    except InvalidTag as error:
        raise Tampered(f"does not open (purpose {purpose})") from error
    return text.decode()


def current_key_id() -> str:
    """Return the id of the key that encrypts: the first of FIELD_KEYS."""
    return next(iter(settings.FIELD_KEYS))


def key_id_of(ciphertext: str) -> str:
    """Return the id of the key that *ciphertext* names; raises NotEncrypted."""
    head, mark, _body = ciphertext.partition(":")
    if not mark or head[:1] != "v" or not head[1:].isalnum():
        raise NotEncrypted("the stored value is no ciphertext")
    return head[1:]


def is_current(ciphertext: str) -> bool:
    """Say whether *ciphertext* is under the key in use; raises NotEncrypted."""
    return key_id_of(ciphertext) == current_key_id()


def encrypt_anew(ciphertext: str, *, purpose: str) -> str:
    """Return the same text under the key in use; raises what `decrypt` raises."""
    return encrypt(decrypt(ciphertext, purpose=purpose), purpose=purpose)


def _bound(key_id: str, purpose: str) -> bytes:
    return f"v{key_id}|{purpose}".encode()


def _cipher(key_id: str, purpose: str) -> AESGCM:
    return AESGCM(_derived(settings.FIELD_KEYS[key_id], purpose))


@lru_cache(maxsize=256)
def _derived(secret: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=SALT, info=purpose.encode())
    return derive.derive(secret.encode())
