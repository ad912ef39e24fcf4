"""Loading the tree of trades from the project's own copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from lokahome.core.db.locks import advisory_lock
from marketplace.models import ServiceCategory

DATA = Path(__file__).resolve().parent.parent / "data" / "categories.json"


@transaction.atomic
def load_categories() -> bool:
    """Bring the rows up to the file; return False when they already were.

    Idempotent: a row is found again by its slug, so ids never change. A category that
    left the file is offered no more, and keeps its requests. Takes an advisory lock.
    """
    advisory_lock("categories", "benin")
    known = {row.slug: row for row in ServiceCategory.objects.all()}
    wanted: set[str] = set()
    changed = False
    for rank, trade in enumerate(json.loads(DATA.read_text("utf-8")), start=1):
        parent, is_new = _keep(known.get(trade["slug"]), trade, None, rank * 100)
        changed |= is_new
        wanted.add(parent.slug)
        for place, part in enumerate(trade.get("children", ()), start=1):
            at = rank * 100 + place
            row, is_new = _keep(known.get(part["slug"]), part, parent, at)
            changed |= is_new
            wanted.add(row.slug)
    gone = ServiceCategory.objects.exclude(slug__in=wanted).filter(is_active=True)
    return bool(gone.update(is_active=False)) or changed


def _keep(
    row: ServiceCategory | None,
    data: dict[str, Any],
    parent: ServiceCategory | None,
    position: int,
) -> tuple[ServiceCategory, bool]:
    values = {
        "parent": parent,
        "name_fr": data["fr"],
        "name_en": data["en"],
        "price_unit": data["price_unit"],
        "position": position,
        "is_active": True,
    }
    if row is None:
        row = ServiceCategory(slug=data["slug"], **values)
    elif all(getattr(row, name) == value for name, value in values.items()):
        return row, False
    else:
        for name, value in values.items():
            setattr(row, name, value)
    row.save()
    return row, True
