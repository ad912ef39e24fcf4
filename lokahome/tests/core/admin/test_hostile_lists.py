"""What an address asks of a list, and no database has a value for."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.services.staff.groups import STAFF_GROUPS
from lokahome.core.admin.base import LokaModelAdmin
from lokahome.core.admin.pages import AuditEventAdmin
from lokahome.tests.people import make_staff

HOSTILE = ("\x00", "a\x00b", "9" * 40)
SUFFIXES = ("", "__exact", "__in")
DATES = ("year", "month", "day")
# Conversations are read one by one, from the case that names them: they have no list.
LISTS = [
    model
    for model in admin.site._registry
    if model._meta.label != "messaging.Conversation"
]
AUDIT = reverse("admin:core_auditevent_changelist")


@pytest.fixture
def everyone(db):
    """Somebody of every group, who sees every list."""
    client = make_staff("everyone", *STAFF_GROUPS)
    client.raise_request_exception = False
    return client


def address_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def names_of(page):
    """Return what the filters of *page* read from an address, and its own names."""
    for item in page.list_filter:
        name = item[0] if isinstance(item, tuple | list) else item
        name = getattr(name, "parameter_name", name)
        yield from (f"{name}{suffix}" for suffix in SUFFIXES)
        yield f"{name}__id__exact"
    if page.date_hierarchy:
        yield from (f"{page.date_hierarchy}__{part}" for part in DATES)
    yield from ("q", "o", "p", "all", "nothing")


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_no_list_breaks_on_what_an_address_asks_for(everyone, model):
    page, address = admin.site._registry[model], address_of(model)
    assert isinstance(page, LokaModelAdmin), "or it has to be guarded otherwise"
    assert everyone.get(address).status_code == 200
    for name in names_of(page):
        for value in HOSTILE:
            answer = everyone.get(address, {name: value})
            assert answer.status_code in {200, 302, 400}, (name, value)
            if "\x00" in value:
                assert answer["Location"] == f"{address}?e=1", (name, value)
            elif answer.status_code == 302:
                assert answer["Location"].startswith(address), (name, value)
    assert everyone.get(address, {"e": "1"}).status_code == 200
    assert everyone.get(address, {"a\x00": "1"})["Location"] == f"{address}?e=1"


@pytest.mark.parametrize(
    ("name", "lookup"), [("rolegrant", "level__in"), ("review", "rating__in")]
)
def test_a_number_that_no_column_holds_is_a_bad_lookup(everyone, name, lookup):
    model = next(it for it in LISTS if it._meta.model_name == name)
    address = address_of(model)
    answer = everyone.get(address, {lookup: "9" * 40})
    assert answer["Location"] == f"{address}?e=1"
    assert everyone.get(address, {lookup: "1"}).status_code == 200, "the control"


@pytest.mark.parametrize(
    ("year", "day"), [("9" * 40, "1"), ("9999", "31"), ("0", "1")], ids=str
)
def test_a_day_that_no_calendar_holds_is_a_bad_lookup(everyone, monkeypatch, year, day):
    monkeypatch.setattr(AuditEventAdmin, "date_hierarchy", "created_at", raising=False)
    asked = {
        "created_at__year": year,
        "created_at__month": "12",
        "created_at__day": day,
    }
    assert everyone.get(AUDIT, asked)["Location"] == f"{AUDIT}?e=1"


def test_a_fault_of_ours_is_not_taken_for_a_bad_lookup(everyone, monkeypatch):
    def broken(*_):
        raise ValueError("ours")

    monkeypatch.setattr(AuditEventAdmin, "get_queryset", broken)
    assert everyone.get(AUDIT).status_code == 500
    assert everyone.get(AUDIT, {"e": "1"}).status_code == 500


def test_a_refused_query_leaves_no_transaction_broken(committed, everyone):
    """As a server runs it, with no transaction around the request."""
    answer = everyone.get("/admin/accounts/rolegrant/", {"level__in": "9" * 40})
    assert answer["Location"] == "/admin/accounts/rolegrant/?e=1"
    assert everyone.get(answer["Location"]).status_code == 200
