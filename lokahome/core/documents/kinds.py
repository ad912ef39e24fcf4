"""The kinds of documents; the app that issues one registers it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

KINDS: dict[str, Kind] = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's code, the letters before its numbers, its title and PDF template."""

    code: str
    prefix: str
    title: str | Promise
    template: str


def register_kind(
    code: str, *, prefix: str, title: str | Promise, template: str
) -> Kind:
    """Make the kind *code* known; its PDF is drawn from the *template*."""
    kind = Kind(code, prefix, title, template)
    if KINDS.setdefault(code, kind) != kind:
        raise TypeError(f"two kinds of documents are called {code}")
    return kind
