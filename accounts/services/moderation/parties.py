"""Whom a matter concerns: nobody decides about what is theirs, or of which they are part.

Each app registers its nouns at start-up, in ``apps.ready``; accounts need not know what
a listing or a dispute is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Appeal, Case, IdentityCheck, Report, Sanction, User
from accounts.queries.staff import humans_of, is_same_human
from lokahome.core.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Parties:
    """The people of one matter.

    *authors* wrote it or did it: a decision strikes them, so they may appeal. *others*
    take part in it, or decided about it before.
    """

    authors: frozenset[UUID] = frozenset()
    others: frozenset[UUID] = frozenset()

    @property
    def everybody(self) -> frozenset[UUID]:
        """All of them."""
        return self.authors | self.others


NOBODY = Parties()


def people(*ids: UUID | None) -> frozenset[UUID]:
    """Return those of *ids* that are somebody's."""
    return frozenset(item for item in ids if item is not None)


Finder = Callable[[UUID], Parties]
"""Given the id in a subject: its people, `NOBODY` when it does not exist."""
PARTIES: dict[str, Finder] = {}


class ConflictOfInterest(NotAllowed):
    """Whoever reported, wrote, takes part in or decided a matter does not judge it."""

    code = "case.conflict"


def register_parties(noun: str, find: Finder) -> None:
    """Say whom subjects ``"<noun>:<uuid>"`` concern.

    Raises TypeError for a noun of which another function says it.
    """
    known = PARTIES.setdefault(noun, find)
    if known is not find:
        raise TypeError(f"two apps say whom a {noun} concerns")


def parties_of(subject: str) -> Parties:
    """Return the people of *subject*; nobody's for a noun that no app knows."""
    noun, _colon, text = subject.partition(":")
    find = PARTIES.get(noun)
    try:
        return find(UUID(text)) if find is not None else NOBODY
    except ValueError:
        return NOBODY


def has_conflict(case: Case, person_id: UUID) -> bool:
    """Say whether *person_id* reported what *case* is about, or is one of its people.

    By whichever account of theirs: staff rent and let as private people.
    """
    humans = humans_of(person_id)
    if Report.objects.filter(case=case, reporter_id__in=humans).exists():
        return True
    return not humans.isdisjoint(parties_of(case.subject).everybody)


def refuse_conflict(case: Case, actor: User) -> None:
    """Raise ConflictOfInterest when *actor* has a part in *case*."""
    if has_conflict(case, actor.pk):
        raise ConflictOfInterest


def refuse_part(subject: str, actor_id: UUID | None) -> None:
    """Raise ConflictOfInterest when the human behind *actor_id* has a part in *subject*.

    For decisions without a case. None, the system, has no part in anything.
    """
    if actor_id is not None and is_same_human(actor_id, *parties_of(subject).everybody):
        raise ConflictOfInterest


def _person(pk: UUID) -> Parties:
    return Parties(authors=frozenset({pk}))


def _sanction(pk: UUID) -> Parties:
    row = Sanction.objects.filter(pk=pk).first()
    if row is None:
        return NOBODY
    return Parties(people(row.person_id), people(row.decided_by_id, row.second_by_id))


def _appeal(pk: UUID) -> Parties:
    row = Appeal.objects.filter(pk=pk).first()
    if row is None:
        return NOBODY
    first = people(row.first_decider_id, row.first_second_id)
    return Parties(people(row.person_id), first)


def _identity_check(pk: UUID) -> Parties:
    row = IdentityCheck.objects.filter(pk=pk).first()
    if row is None:
        return NOBODY
    return Parties(
        people(row.person_id), people(row.suspected_by_id, row.doubted_by_id)
    )


register_parties("user", _person)
register_parties("identitycheck", _identity_check)
register_parties("sanction", _sanction)
register_parties("appeal", _appeal)
