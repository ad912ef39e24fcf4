"""Where the thing that a case is about can be looked at: pages of upper apps."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts.models import Case

UrlFor = Callable[[Case, UUID], str | None]
"""Given a case and the id in its subject: the page's address, or None for nothing."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A page that belongs to subjects of one noun."""

    url_for: UrlFor
    label: str
    permission: str
    decides: frozenset[str]


VIEWS: dict[str, CaseView] = {}


def register_case_view(
    noun: str,
    url_for: UrlFor,
    *,
    label: str = "Ouvrir l’objet",
    permission: str = "",
    decides: Collection[str] = (),
) -> None:
    """Link cases about a *noun* (``"listing:<uuid>"``) to the page that *url_for* names.

    The link is shown to staff who hold *permission*, to all when it is empty; the page
    checks for itself who may come in. *decides* are kinds of cases that are decided on
    that page, money and all: the case's own page offers nothing then. Called once, when
    an app's admin is loaded.
    """
    if noun in VIEWS:
        raise TypeError(f"two pages show the {noun} of a case")
    VIEWS[noun] = CaseView(url_for, label, permission, frozenset(decides))


def is_decided_elsewhere(case: Case) -> bool:
    """Say whether the page of what *case* is about takes the decision."""
    view = VIEWS.get(case.subject.partition(":")[0])
    return view is not None and case.kind in view.decides


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
