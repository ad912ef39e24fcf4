"""From ids to words: one file a message and language, in one folder a channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.template import Context, Engine

from messaging.channels.gsm7 import clip, fold

LANGUAGES = ("fr", "en")
LENGTHS = {
    "amount": 20,
    "answer": 40,
    "cause": 10,
    "code": 6,
    "day": 16,
    "decision": 20,
    "deed": 14,
    "ending": 2,
    "failure": 40,
    "kind": 20,
    "link": 160,
    "moment": 16,
    "measure": 10,
    "name": 30,
    "notice": 40,
    "outcome": 12,
    "payer": 10,
    "provider": 20,
    "status": 12,
    "title": 40,
    "until": 18,
}
"""Most characters of each value in an SMS. A test renders every file with the longest
ones and holds the result to one segment."""
TYPED = frozenset({"name", "title"})
"""Values that people typed: other people read them under our name."""
_LINKS = re.compile(r"(?<=\w)\.(?=[^\W\d])|://")
LONGEST_VALUE = 160
"""Most characters of a value where a segment does not count."""


@dataclass(frozen=True, slots=True)
class Words:
    """A title of one line, and what it is about."""

    title: str
    body: str


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(settings.BASE_DIR / "templates")])


def render_sms(*, template: str, language: str, values: Mapping[str, str]) -> str:
    """Return the text of *template* in *language* (French for an unknown one).

    Each value is folded to GSM-7 and cut to its length in LENGTHS (KeyError for one
    without), so whatever people typed, the message stays one segment.
    """
    safe = {
        name: clip(fold(_unlinked(name, text)), LENGTHS[name])
        for name, text in values.items()
    }
    return " ".join(_page("sms", template, language, safe).split())


def render_app(*, template: str, language: str, values: Mapping[str, str]) -> Words:
    """Return the words of *template* that the app shows."""
    page = _page("app", template, language, _safe(values))
    title, _newline, body = page.strip().partition("\n")
    return Words(title=title, body=body[:1].upper() + body[1:])


def render_email(*, template: str, language: str, values: Mapping[str, str]) -> Words:
    """Return the subject and the text of the e-mail *template*."""
    safe = {**_safe(values), "site": settings.PUBLIC_URL}
    subject, _newline, text = _page("email", template, language, safe).partition("\n")
    return Words(title=subject.strip(), body=text)


def _safe(values: Mapping[str, str]) -> dict[str, str]:
    """Cut the values, and keep each on one line: a subject is a header."""
    return {
        name: clip(" ".join(_unlinked(name, text).split()), LONGEST_VALUE)
        for name, text in values.items()
    }


def _unlinked(name: str, text: str) -> str:
    """Take addresses apart: what we send in our name leads nowhere but to us."""
    if name not in TYPED:
        return text
    return _LINKS.sub(lambda found: ". " if found[0] == "." else " ", text)


def _page(folder: str, template: str, language: str, values: Mapping[str, str]) -> str:
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    page = _engine().get_template(f"{folder}/{template}.{chosen}.txt")
    # Plain text, no HTML: an apostrophe must not become &#x27;.
    return page.render(Context(values, autoescape=False))
