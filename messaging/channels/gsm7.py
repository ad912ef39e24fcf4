"""The alphabet of one-segment SMS (3GPP TS 23.038, 6.2.1).

A single character outside it turns the message to UCS-2, whose segments hold 70
characters instead of 160: twice the price. French is half inside: ``é è à ù Ç`` are,
``ê â î ô û ç œ ’ « »`` are not.
"""

from __future__ import annotations

import re
import unicodedata

SEGMENT = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")
"""Inside too, but each costs two places."""
_REPLACEMENTS = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
        "\u00a0": " ",
        "\u202f": " ",
        "\t": " ",
        "ɛ": "e",
        "Ɛ": "E",
        "ɔ": "o",
        "Ɔ": "O",
        "ɖ": "d",
        "Ɖ": "D",
    }
)
"""Typography, and the letters of Fon that have no accent to take off."""
_QUOTES = re.compile(r"«\s?|\s?»")


def is_gsm7(text: str) -> bool:
    """Say whether *text* is all in the basic alphabet or its extension."""
    return all(character in BASIC or character in EXTENDED for character in text)


def septets(text: str) -> int:
    """Return the places that *text*, which `is_gsm7`, takes of a segment's 160."""
    return sum(2 if character in EXTENDED else 1 for character in text)


def fold(text: str) -> str:
    """Return *text* in the basic alphabet only, accents off where they must be.

    What has no counterpart becomes ``?``; control characters become spaces.
    """
    folded = []
    text = _QUOTES.sub('"', text)
    for character in text.translate(_REPLACEMENTS):
        if character in BASIC and character not in "\n\r":
            folded.append(character)
            continue
        base = unicodedata.normalize("NFKD", character)[:1]
        if not base.isprintable() or base.isspace() or not base:
            folded.append(" ")
        elif unicodedata.combining(character):
            continue
        else:
            folded.append(base if base in BASIC else "?")
    return "".join(folded)


def clip(text: str, length: int) -> str:
    """Return *text* in at most *length* characters, marked ``..`` when it was cut."""
    return text if len(text) <= length else text[: length - 2].rstrip() + ".."
