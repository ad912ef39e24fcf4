"""Every page of the back-office, about rows that are there, asked by who may not.

The pages come from the registered admins: list, add, change, delete, history, each
decision, and the paths that a page adds. Who is outside, half inside or no staff meets
`test_staff_door.py`; here are colleagues who are inside and have no part in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.services.staff.groups import STAFF_GROUPS
from lokahome.core.admin.decisions import version_of
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_staff
from lokahome.tests.security.test_staff_groups import DECIDES, WHO
from lokahome.tests.security.watching import (
    digests,
    touched_since,
    undone,
    written_so_far,
)

TAKEN_BY = {
    **DECIDES,
    "accounts.view_case": WHO["accounts.case"],
    "django_celery_beat.change_periodictask": "operator",
}
"""What a decision needs -> the groups that take it."""
NEWCOMER = "newcomer"
EVERYBODY = [NEWCOMER, *sorted(STAFF_GROUPS)]
PART = re.compile(r"<(?:\w+:)?(\w+)>")
NOBODYS = {"core_ratewindow", "django_session"}
"""Tables that say how often somebody came, and until when they are inside."""


@dataclass(frozen=True)
class Page:
    """One address about one row; *permission* is what its decision needs, if it is one."""

    label: str
    path: str
    row: Any
    permission: str = ""

    @property
    def orders(self) -> dict[str, str]:
        """What a form by hand would say: whatever could make any of them act."""
        pk = str(getattr(self.row, "pk", uuid7()))
        version = str(version_of(self.row)) if self.row is not None else "1"
        return {
            "version": version,
            "reason": "Parce que",
            "post": "yes",
            "action": "delete_selected",
            "_selected_action": pk,
            "_save": "1",
        }


def pages() -> Iterator[Page]:
    """Yield every page of every registered admin, decisions one by one."""
    for model, page in sorted(
        admin.site._registry.items(), key=lambda it: it[0]._meta.label_lower
    ):
        label = model._meta.label_lower
        start = reverse(f"admin:{label.replace('.', '_')}_changelist")
        row = model._default_manager.order_by("pk").last()
        named = {"object_id": str(row.pk if row is not None else uuid7())}
        named |= {"case_id": str(uuid7())}
        for item in page.get_urls():
            route = str(item.pattern)
            if "<slug:decision>" not in route:
                yield Page(label, start + filled(route, named), row)
                continue
            for decision in page.decisions:
                path = start + filled(route, {**named, "decision": decision.name})
                yield Page(label, path, row, decision.permission)


def filled(route: str, named: dict[str, str]) -> str:
    """Return *route* with a value in the place of each of its parts."""
    return PART.sub(lambda part: named.get(part[1], "none"), route)


def opens(group: str, page: Page) -> bool:
    """Say whether *group* has any part in *page*."""
    if page.permission:
        return group in TAKEN_BY[page.permission].split()
    if "/conversation/" in page.path:  # from a case that names it
        return group in DECIDES["messaging.view_case_conversation"].split()
    return group in WHO[page.label].split()


def is_closed(answer: Any) -> bool:
    """Say whether *answer* showed nothing: refused, or sent on to where it is asked."""
    if answer.status_code == 302:
        return bool(re.search(r"/(change|login)/$|^/admin/login/", answer["Location"]))
    return answer.status_code in {403, 404, 405}


def wrong(client: Any, group: str, page: Page) -> Iterator[str]:
    """Yield what is wrong with what *group*, who has no part in *page*, got there."""
    for method, data in (("get", {}), ("post", page.orders)):
        answer = getattr(client, method)(
            page.path, data, **({"format": "multipart"} if method == "post" else {})
        )
        if not is_closed(answer):
            yield f"{group} {method} {page.path}: {answer.status_code}"
        if page.permission and method == "post" and answer.status_code == 405:
            yield f"{group} {method} {page.path}: no such form, so nothing was tried"


def changed(before: dict[str, str], tables: set[str]) -> set[str]:
    """Return those of *tables* that are not as *before* says."""
    return {name for name, digest in digests(tables).items() if before[name] != digest}


def all_tables() -> dict[str, str]:
    """Return a digest of every table that staff could write to."""
    return digests({*written_so_far()} - NOBODYS)


def test_the_walk_meets_every_page_of_every_list(asker):
    """Each admin has the five pages of Django, and each decision one of its own."""
    found = [page.path for page in pages()]
    assert len(found) == len(set(found))
    assert {page.label for page in pages()} == set(WHO)
    for label in WHO:
        mine = [page.path for page in pages() if page.label == label]
        for end in ("add/", "change/", "delete/", "history/"):
            assert any(path.endswith(end) for path in mine), (label, end)
    taken = {page.permission for page in pages()} - {""}
    assert taken <= set(TAKEN_BY)
    assert len([page for page in pages() if page.permission]) > 50


@pytest.mark.parametrize("group", EVERYBODY)
def test_who_has_no_part_in_a_page_is_refused_and_changes_nothing(asker, group):
    """Whatever is asked for, by link or by a form made by hand."""
    with undone():
        client = make_staff(f"at-{group}", *({group} & set(STAFF_GROUPS)))
        closed = [page for page in pages() if not opens(group, page)]
        assert len(closed) > 50
        before, count = all_tables(), written_so_far()
        found = [text for page in closed for text in wrong(client, group, page)]
        touched = touched_since(count) - NOBODYS
        assert found == []
        assert changed(before, touched) == set()


@pytest.mark.parametrize("group", sorted(STAFF_GROUPS))
def test_djangos_own_forms_change_nothing_for_who_reads(asker, group):
    """A list that a group opens is to be read: it adds, edits and deletes nothing."""
    with undone():
        client = make_staff(f"reads-{group}", group)
        mine = [p for p in pages() if opens(group, p) and not p.permission]
        mine = [
            p for p in mine if not p.label.startswith(("django_", "messaging.conv"))
        ]
        before, count = all_tables(), written_so_far()
        for page in mine:
            answer = client.post(page.path, page.orders, format="multipart")
            assert answer.status_code < 500, page.path
        assert changed(before, touched_since(count) - NOBODYS) == set()


# --- Controls --------------------------------------------------------------------------


def test_a_page_that_asks_for_nothing_is_found(asker, monkeypatch):
    """Whoever opens a list to everybody is told by whom it is read."""
    model = next(m for m in admin.site._registry if m._meta.label_lower == WATCHED)
    page = admin.site._registry[model]
    monkeypatch.setattr(type(page), "has_view_permission", lambda *_a, **_k: True)
    with undone():
        client = make_staff("at-nothing")
        mine = [page for page in pages() if page.label == WATCHED]
        found = [text for page in mine for text in wrong(client, NEWCOMER, page)]
    assert any("get /admin/accounts/case/: 200" in text for text in found)


def test_what_is_written_is_seen_in_the_tables(asker):
    """The tables tell, also when the answer looks like a refusal."""
    with undone():
        before, count = all_tables(), written_so_far()
        model = next(m for m in admin.site._registry if m._meta.label_lower == WATCHED)
        model._default_manager.update(title="Autre")
        assert changed(before, touched_since(count)) == {"accounts_case"}


WATCHED = "accounts.case"
