"""What people may write: plain text, of a length that a phone can show."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.errors import FieldError, InvalidInput
from messaging.models import MAX_BODY

ALLOWED_CONTROLS = frozenset("\n\t")
POINTER = "/body"


class TextRefused(InvalidInput):
    """The text of a message is empty, too long, or holds control characters."""

    code = "message.text_refused"
    title = gettext_lazy("Ce message ne peut pas être envoyé")


def clean_text(text: str) -> str:
    """Return *text* as it is kept: without outer white space, lines ended by ``\\n``.

    Both doors call it, so the same words are the same message whichever way they came.
    Raises TextRefused.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in text):
        raise _refused("message.empty", _("Écrivez quelque chose."))
    if len(text) > MAX_BODY:
        detail = _("%(most)d caractères au plus.") % {"most": MAX_BODY}
        raise _refused("message.too_long", detail)
    if any(_is_unsafe(letter) for letter in text):
        detail = _("Le message contient des caractères de contrôle.")
        raise _refused("message.control_character", detail)
    return text


def _is_unsafe(letter: str) -> bool:
    """Say whether *letter* is a control character, or half of one outside Unicode."""
    kind = unicodedata.category(letter)
    return kind == "Cs" or (kind == "Cc" and letter not in ALLOWED_CONTROLS)


def _refused(code: str, detail: str) -> TextRefused:
    return TextRefused(errors=[FieldError(code, detail, POINTER)])
