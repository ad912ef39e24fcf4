"""From ids to words: one file a message and language, under ``templates/sms``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.template import Context, Engine

from messaging.channels.gsm7 import clip, fold

LANGUAGES = ("fr", "en")
LENGTHS = {"amount": 20, "code": 6, "failure": 40, "name": 30, "title": 40}
"""Most characters of each value. A test renders every file with the longest ones and
holds the result to one segment."""


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(settings.BASE_DIR / "templates")])


def render_sms(*, template: str, language: str, values: Mapping[str, str]) -> str:
    """Return the text of *template* in *language* (French for an unknown one).

    Each value is folded to GSM-7 and cut to its length in LENGTHS (KeyError for one
    without), so whatever people typed, the message stays one segment.
    """
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    safe = {name: clip(fold(text), LENGTHS[name]) for name, text in values.items()}
    page = _engine().get_template(f"sms/{template}.{chosen}.txt")
    # An SMS is no HTML: an apostrophe must not become &#x27;.
    return " ".join(page.render(Context(safe, autoescape=False)).split())
