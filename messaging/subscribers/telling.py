"""How every subscriber tells: the fact, its ids, and each person once."""

from __future__ import annotations

from uuid import UUID

from lokahome.core import clock
from lokahome.core.events.base import Event
from lokahome.core.events.delivering import RetryLater
from messaging.services.contexts import STATES
from messaging.services.notify import notify


def tell(event: Event, template: str, *people: UUID | None, occurred: str = "") -> None:
    """Tell *people* the fact *event* in the words of *template*; None is nobody.

    *occurred* tells facts apart that may come true more than once for one subject.
    Raises RetryLater when somebody could not be told now, after trying the others.
    """
    tell_apart(event, *((template, person) for person in people), occurred=occurred)


def tell_apart(
    event: Event, *tellings: tuple[str, UUID | None], occurred: str = ""
) -> None:
    """Tell each person the fact in words of their own: (template, person); see `tell`.

    Who stands twice is told once, in the first words.
    """
    ids = {
        name: value
        for name, value in event.to_payload().items()
        if (name.endswith("_id") and value is not None) or name in STATES
    }
    fact = ":".join(filter(None, [event.name, event.subject(), occurred]))
    templates: dict[UUID, str] = {}
    for template, person in tellings:
        if person is not None:
            templates.setdefault(person, template)
    later: RetryLater | None = None
    for person_id, template in templates.items():
        try:
            notify(
                fact=fact,
                person_id=person_id,
                template=template,
                context_ids=ids,
                now=clock.now(),
            )
        except RetryLater as wish:
            later = wish
    if later is not None:
        raise later
