"""Finding people without reading their names: whoever searches has to know already.

A search that finds a part of a masked name spells it, letter by letter. So a number is
whole, an id is whole, and of a name at least two words are: who knows one guess of a
family name is not told everybody who bears it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lokahome.core.errors import DomainError
from lokahome.core.phones import normalise_phone

SEARCH_HELP = _("Numéro entier, nom entier ou identifiant de la personne")
LETTERS = {
    "a": "[aàâä]",
    "c": "[cç]",
    "e": "[eéèêëɛ]",
    "i": "[iîï]",
    "o": "[oóôöɔ]",
    "u": "[uùûü]",
}
"""A letter as it is typed in haste, and how names write it."""


def people_found(text: str) -> QuerySet[User]:
    """Return whom *text* names in full: number, id, staff handle, or name.

    Of a name all words are whole, and there are two of them, or it is the whole name.
    """
    people = User.objects.get_queryset()
    try:
        return people.filter(phones__number=normalise_phone(text)).distinct()
    except DomainError:
        pass
    try:
        return people.filter(pk=UUID(text))
    except ValueError:
        pass
    handle = Q(username=text, is_staff=True)
    words = text.casefold().split()
    if len(words) < 2:
        return people.filter(handle | Q(full_name__iregex=f"^\\s*{_spelt(text)}\\s*$"))
    named = Q()
    for word in words:
        named &= Q(full_name__iregex=f"(^|\\s|-){_spelt(word)}($|\\s|-)")
    return people.filter(handle | named)


def _spelt(word: str) -> str:
    letters = (LETTERS.get(letter) or re.escape(letter) for letter in word.casefold())
    return "".join(letters)


class PersonSearch:
    """A list that is searched by whom its rows are about."""

    person_path = "user"
    """Where a row has its person; empty where the row is one."""
    search_fields: tuple[str, ...] = ("=id",)
    search_help_text = SEARCH_HELP

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows of who is named in full, and the row whose id it is."""
        text = search_term.strip()
        if not text:
            return queryset, False
        people = people_found(text)
        path = f"{self.person_path}__in" if self.person_path else "pk__in"
        found = Q(**{path: people.values("pk")})
        with suppress(ValueError):
            found |= Q(pk=UUID(text))
        return queryset.filter(found), False
