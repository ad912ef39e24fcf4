"""Where the thing that a case is about can be looked at: pages of upper apps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts.models import Case

UrlFor = Callable[[Case, UUID], str | None]
"""Given a case and the id in its subject: the page's address, or None for nothing."""
NamesOf = Callable[[Collection[UUID]], dict[UUID, str]]
"""Given ids, what the people of these things call them."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A page that belongs to subjects of one noun."""

    url_for: UrlFor
    label: str
    permission: str
    decides: frozenset[str]
    names_of: NamesOf | None = None


VIEWS: dict[str, CaseView] = {}


def register_case_view(
    noun: str,
    url_for: UrlFor,
    *,
    label: str = "Ouvrir l’objet",
    permission: str = "",
    decides: Collection[str] = (),
    names_of: NamesOf | None = None,
) -> None:
    """Link cases about a *noun* (``"listing:<uuid>"``) to the page that *url_for* names.

    The link is shown to staff who hold *permission*, to all when it is empty; the page
    checks for itself who may come in. *decides* are kinds of cases that are decided on
    that page, money and all: the case's own page offers nothing then. *names_of* tells
    what the things are called, in one query. Called once, when an app's admin is loaded.
    """
    if noun in VIEWS:
        raise TypeError(f"two pages show the {noun} of a case")
    VIEWS[noun] = CaseView(url_for, label, permission, frozenset(decides), names_of)


def subject_names(subjects: Iterable[str]) -> dict[str, str]:
    """Return each of *subjects* in words: one query for each noun that has names.

    What has no name there stays as it is.
    """
    wanted = set(subjects)
    names = {text: text for text in wanted}
    for noun in {_noun(text) for text in wanted}:
        view = VIEWS.get(noun)
        if view is None or view.names_of is None:
            continue
        ids = {text: _id(text) for text in wanted if _noun(text) == noun}
        found = view.names_of([pk for pk in ids.values() if pk is not None])
        names |= {text: found[pk] for text, pk in ids.items() if pk in found}
    return names


def _noun(subject: str) -> str:
    return subject.partition(":")[0]


def _id(subject: str) -> UUID | None:
    try:
        return UUID(subject.partition(":")[2])
    except ValueError:
        return None


def is_decided_elsewhere(case: Case) -> bool:
    """Say whether the page of what *case* is about takes the decision."""
    view = VIEWS.get(case.subject.partition(":")[0])
    return view is not None and case.kind in view.decides


WORDS: list[tuple[Callable[[Case], str | None], Any, str]] = []
"""Address of what the parties of a case wrote to each other, label, permission."""


def register_case_words(
    url_for: Callable[[Case], str | None], *, label: Any, permission: str
) -> None:
    """Link cases to the words that *url_for* finds, for staff with *permission*."""
    WORDS.append((url_for, label, permission))


def words_links(request: HttpRequest, case: Case) -> list[tuple[str, Any]]:
    """Return (address, label) of what the parties of *case* wrote to each other."""
    user: Any = request.user
    found = (
        (url_for(case), label)
        for url_for, label, permission in WORDS
        if user.has_perm(permission)
    )
    return [(address, label) for address, label in found if address]


def case_link(request: HttpRequest, case: Case) -> tuple[str, str] | None:
    """Return (address, label) of the page for *case*, or None where there is none."""
    noun, _colon, text = case.subject.partition(":")
    view = VIEWS.get(noun)
    user: Any = request.user
    if view is None or (view.permission and not user.has_perm(view.permission)):
        return None
    try:
        address = view.url_for(case, UUID(text))
    except ValueError:
        return None
    return (address, view.label) if address else None
