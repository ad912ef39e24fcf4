"""Twilio's signature of what it sends to us.

``X-Twilio-Signature`` is the base64 of the HMAC-SHA1, under the account's token, of the
exact URL that was called followed by each form parameter's name and value, sorted by
name, with nothing in between (https://www.twilio.com/docs/usage/security, "Validating
signatures from Twilio").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

HEADER = "X-Twilio-Signature"
Form = Sequence[tuple[str, str]]


def signature_of(*, token: str, url: str, form: Form) -> str:
    """Return the signature of a POST of *form* to *url*."""
    signed = url + "".join(name + value for name, value in sorted(form))
    digest = hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(*, token: str, url: str, form: Form, signature: str) -> bool:
    """Say whether *signature* is the account's; never without a *token*.

    A name that stands twice is not signed: Twilio's messages have none, and readers
    would not agree on which of the two counts.
    """
    names = [name for name, _value in form]
    if not token or len(names) != len(set(names)):
        return False
    expected = signature_of(token=token, url=url, form=form)
    return hmac.compare_digest(expected.encode(), signature.encode())
