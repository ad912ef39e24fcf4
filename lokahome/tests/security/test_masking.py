"""No page of the back-office says who somebody is, or where, before a reason is given.

Every group of the staff opens every list, and rows of each; what is personal in the world
is looked for in all that comes back. A list that is new has rows in the world or is named
among those that have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from accounts.services.staff.groups import STAFF_GROUPS
from lokahome.core.admin.revealing import RevealingPage
from lokahome.tests.people import make_staff
from lokahome.tests.security.watching import undone
from properties.admin.addresses import coordinates
from properties.models import Property

GUARDED = (
    "name",
    "phone",
    "email",
    "claim",
    "document",
    "words",
    "path",
    "hidden_path",
)
SHOWN = {("identity_checker", "accounts.identitycheck"): {"name"}}
"""Who compares a name with a document reads it there, and nowhere else."""
ALL_ROWS = {"etat": "all", "state": "all"}
"""Parameter of a list that is a queue -> the value that shows more than what waits."""
WITHOUT_ROWS = {
    "accounts.consent",
    "accounts.staffchange",
    "accounts.stafflink",
    "django_celery_beat.periodictask",
    "messaging.inboundsms",
    "messaging.outgoingmessage",
    "payments.gatewaycall",
    "payments.gatewaynotice",
    "payments.reconciliationrun",
}
"""Lists of which the world has no row: initials, a masked number, ids, sums."""
ROWS_OPENED = 3
ELSEWHERE = {"messaging.conversation"}
"""No list: opened from a case that names it, by who may read it."""


def packed(text: str) -> str:
    """Return *text* without the spaces that numbers are written with."""
    return re.sub(r"\s|&nbsp;|&#\d+;", "", text)


@pytest.fixture(scope="module")
def canaries(asker) -> dict[str, str]:
    """Return what no page may hold, by kind and text, packed."""
    found = {
        packed(text): kind
        for _side, _person, kind, text in asker.world.secrets
        if kind in GUARDED
    }
    return found | {
        packed(coordinates(it.pin)): "point" for it in Property.objects.all()
    }


def member(group: str) -> Any:
    return make_staff(f"walker-{group}", group)


def models() -> list[Any]:
    return [it for it in admin.site._registry if it._meta.label_lower not in ELSEWHERE]


def page_of(model: Any, page: str, *args: Any) -> str:
    name = model._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_{page}", args=args)


def asked_of(model: Any) -> dict[str, str]:
    """Return what to ask the list for, so that it shows more than what waits."""
    filters = admin.site._registry[model].list_filter
    known = {getattr(it, "parameter_name", "") for it in filters}
    return {name: value for name, value in ALL_ROWS.items() if name in known}


def rows_of(model: Any) -> list[Any]:
    """Return rows of *model* that differ in state, as far as it has any."""
    rows = model._default_manager.order_by("pk")
    if model is get_user_model():
        rows = rows.filter(is_staff=False)
    if hasattr(model, "Status"):
        states = sorted({*rows.order_by().values_list("status", flat=True)})
        newest = [rows.filter(status=state).last() for state in states]
        return newest[:ROWS_OPENED]
    return list(rows.reverse()[:ROWS_OPENED])


def walk(client: Any) -> Iterator[tuple[Any, str, str]]:
    """Yield model, address and text of each page that *client* may open."""
    for model in models():
        answer = client.get(page_of(model, "changelist"), asked_of(model))
        if answer.status_code == 403:
            continue
        assert answer.status_code == 200, model
        yield model, page_of(model, "changelist"), answer.content.decode()
        for row in rows_of(model):
            address = page_of(model, "change", row.pk)
            answer = client.get(address)
            assert answer.status_code == 200, address
            yield model, address, answer.content.decode()


def leaks(client: Any, group: str, canaries: dict[str, str]) -> list[str]:
    found = []
    for model, address, text in walk(client):
        shown = SHOWN.get((group, model._meta.label_lower), set())
        page = packed(text)
        found += [
            f"{group} {address} {kind} {canary}"
            for canary, kind in canaries.items()
            if canary in page and kind not in shown
        ]
    return found


@pytest.mark.parametrize("group", sorted(STAFF_GROUPS))
def test_no_page_says_who_or_where(asker, canaries, group):
    with undone():
        assert leaks(member(group), group, canaries) == []


def test_the_world_has_a_row_for_every_list(asker):
    empty = {
        it._meta.label_lower for it in models() if not it._default_manager.exists()
    }
    assert empty <= WITHOUT_ROWS


# --- Controls: the walker sees what it looks for --------------------------------------


def test_the_walker_sees_names(asker, canaries):
    with (
        undone(),
        mock.patch.object(get_user_model(), "__str__", lambda person: person.full_name),
    ):
        found = leaks(member("support"), "support", canaries)
    assert {line.split("/")[3] for line in found} >= {"phone", "lease", "rolegrant"}


def test_the_walker_sees_addresses_and_numbers(asker, canaries):
    with undone(), mock.patch.object(RevealingPage, "_is_revealed", return_value=True):
        found = leaks(member("support"), "support", canaries)
    kinds = {line.split()[2] for line in found}
    assert kinds >= {"name", "phone", "email", "path", "hidden_path", "point"}


# --- Ways around: search, order, Django's own pages ------------------------------------

FRAGMENTS = ("Dossou", "ossou-Can", "314200", "anari-here-ten", "on-canari", "KAN")


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_no_search_finds_a_part_of_what_is_masked(asker, fragment):
    with undone():
        client = make_staff("everybody", *STAFF_GROUPS)
        for model in models():
            answer = client.get(page_of(model, "changelist"), {"q": fragment})
            rows = answer.context_data["cl"].queryset.count()
            has_search = bool(admin.site._registry[model].search_fields)
            assert not (has_search and rows), (model, fragment)


def test_no_list_is_sorted_by_a_name():
    for model in models():
        page = admin.site._registry[model]
        for column in page.list_display:
            shown = getattr(page, column, None)
            order = str(getattr(shown, "admin_order_field", ""))
            assert "name" not in order.split("__"), (model, column)
            assert not order.endswith(("full_name", "number")), (model, column)


def test_djangos_picker_and_history_name_nobody(asker):
    with undone():
        client = make_staff("everybody", *STAFF_GROUPS)
        picked = refused = 0
        for model in models():
            for field in model._meta.get_fields():
                if not field.is_relation or field.auto_created:
                    continue
                where = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                }
                answer = client.get(reverse("admin:autocomplete"), where)
                assert answer.status_code in (403, 404), where
                picked += 1
            row = model._default_manager.first()
            if row is not None:
                answer = client.get(page_of(model, "history", row.pk))
                assert answer.status_code == 403, model
                refused += 1
        assert picked > 50
        assert refused > 30
