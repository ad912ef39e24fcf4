"""The words of what a person was told, and that it was read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import User
from lokahome.core.errors import NotFound
from messaging.models import Notification
from messaging.services.contexts import values_of
from messaging.services.plan import PLANS
from messaging.services.rendering import Words, render_app


def words_of(rows: Sequence[Notification], *, language: str) -> dict[UUID, Words]:
    """Return what each row says in *language*, a query for each kind of value.

    A row whose template is gone says nothing.
    """
    known = [row for row in rows if row.template in PLANS]
    values = values_of((row.template, row.context_ids) for row in known)
    words = {row.pk: Words(title="", body="") for row in rows}
    for row, found in zip(known, values, strict=True):
        words[row.pk] = render_app(
            template=row.template, language=language, values=found
        )
    return words


def subject_of(row: Notification) -> str:
    """Return what the app opens (``job:<uuid>``), or an empty text."""
    plan = PLANS.get(row.template)
    about = plan.about if plan else ""
    found = row.context_ids.get(f"{about}_id", "")
    return f"{about}:{found}" if found else ""


def mark_read(*, person: User, notification_id: UUID, now: datetime) -> Notification:
    """Say that *person* read it; the first moment stays. Raises NotFound."""
    mine = Notification.objects.visible_to(person).filter(pk=notification_id)
    mine.unread().update(read_at=now)
    row = mine.first()
    if row is None:
        raise NotFound
    return row


def mark_all_read(*, person: User, up_to: UUID, now: datetime) -> int:
    """Say that *person* read everything up to *up_to*; return how many that changed.

    What arrived after the list was fetched was not seen: ids grow with time.
    """
    mine = Notification.objects.visible_to(person).unread()
    return mine.filter(pk__lte=up_to).update(read_at=now)
