"""The matrix sees what it is there to see: each leak is planted, and has to be found."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from rest_framework.permissions import AllowAny

from accounts.api.views.me import MeViewSet
from accounts.models import User
from lokahome.core.api.viewsets import LokaViewSet
from lokahome.core.errors import NotAllowed
from lokahome.tests.security import test_open_doors
from lokahome.tests.security.asking import row_named
from lokahome.tests.security.checking import ask_all, gaps
from lokahome.tests.security.table import read_lines, read_table
from lokahome.tests.security.test_authorization import DISCLOSED
from lokahome.tests.security.test_mass_assignment import accepted
from lokahome.tests.security.watching import (
    Watch,
    digests,
    savepoint,
    touched_since,
    undone,
    written_so_far,
)
from properties.api.serializers.leases import LeaseSerializer
from properties.api.views import applications, leases
from properties.models.leases import LeaseQuerySet

TABLE = read_table()


def faults(asker, name):
    """Return what is found wrong with the row *name*."""
    return ask_all(asker, row_named(name), TABLE[name]).faults


def test_the_rows_below_are_sound(asker):
    """Without a leak there is nothing to find: what is found below was planted."""
    for name in ("lease_retrieve", "lease_list", "application_accept", "me_retrieve"):
        assert faults(asker, name) == []


def test_an_opened_queryset_is_found(asker, monkeypatch):
    """Whoever forgets to filter shows everybody everything."""
    monkeypatch.setattr(LeaseQuerySet, "visible_to", lambda self, _user: self)
    found = faults(asker, "lease_retrieve")
    assert any("as other_tenant, other: answered 200" in text for text in found)
    assert any("as provider, own: answered 200" in text for text in found)


def test_a_list_of_strangers_is_found_by_the_names_in_it(asker, monkeypatch):
    """A list answers 200 to everybody: what is in it tells."""
    monkeypatch.setattr(LeaseQuerySet, "visible_to", lambda self, _user: self)
    monkeypatch.setattr(LokaViewSet, "visible", only_to_parties)
    found = ask_all(asker, row_named("lease_list"), TABLE["lease_list"])
    assert any("named other people's lease" in text for text in found.faults)
    assert ("tenant", "strange.landlord.name") in found.told


def only_to_parties(self, pk=None):
    """Return the lease to its parties alone, whatever the queryset says."""
    row = self.model.objects.get(pk=pk or self.kwargs["pk"])
    if self.request.user.pk not in {row.tenant_id, row.landlord_id}:
        raise NotAllowed
    return row


def test_an_answer_that_tells_that_it_exists_is_found(asker, monkeypatch):
    """403 for what is there and 404 for what is not is a list of what is there."""
    visible = LokaViewSet.visible

    def telling(self, pk=None):
        wanted = pk or self.kwargs["pk"]
        there = self.model.objects.filter(pk=wanted)
        if there.exists() and not self.get_queryset().filter(pk=wanted).exists():
            raise NotAllowed
        return visible(self, pk)

    monkeypatch.setattr(LokaViewSet, "visible", telling)
    found = faults(asker, "lease_retrieve")
    assert any("differs from what is not there" in text for text in found)


def test_a_refusal_that_writes_is_found(asker, monkeypatch):
    """Checked too late: the deed is done, and then refused."""

    def too_late(*_args):
        User.objects.update(language="en")
        raise NotAllowed

    monkeypatch.setattr(applications, "require_role", too_late)
    found = faults(asker, "application_accept")
    assert any("refused, and changed accounts_user" in text for text in found)


def test_a_look_that_writes_is_found(asker, monkeypatch):
    """Reading changes nothing."""

    def counting(self, pk=None):
        User.objects.update(language="en")
        return visible(self, pk)

    visible = LokaViewSet.visible
    monkeypatch.setattr(LokaViewSet, "visible", counting)
    found = faults(asker, "lease_retrieve")
    assert any("only read, and changed accounts_user" in text for text in found)


def test_a_secret_in_an_answer_is_found(asker, monkeypatch):
    """One more member of a serializer, and a number is everybody's."""
    shown = LeaseSerializer.to_representation

    def with_phone(self, row):
        return {**shown(self, row), "phone": row.landlord.phone}

    monkeypatch.setattr(LeaseSerializer, "to_representation", with_phone)
    found = ask_all(asker, row_named("lease_retrieve"), TABLE["lease_retrieve"])
    assert found.faults == []
    assert found.told - DISCLOSED["lease_retrieve"] == {
        ("tenant", "landlord.phone"),
        ("other_tenant", "landlord.phone"),
    }


def test_a_field_that_is_taken_is_found(asker, monkeypatch):
    """A view that writes what it was sent makes anybody staff."""
    change = MeViewSet.partial_update

    def taking(self, request):
        response = change(self, request)
        wish = request.data.get("is_restricted", False)
        User.objects.filter(pk=request.user.pk).update(is_restricted=wish)
        return response

    monkeypatch.setattr(MeViewSet, "partial_update", taking)
    found = accepted(asker, row_named("me_update"), "tenant")
    assert any("accounts_user.is_restricted" in text for text in found)


def test_an_opened_view_is_found(monkeypatch):
    """The committed list of open views has no such line."""
    monkeypatch.setattr(leases.LeaseViewSet, "permission_classes", [AllowAny])
    found = {
        (view.__name__, *names)
        for _path, view, mapped in test_open_doors.api_views()
        for names in test_open_doors.guards(view, mapped)
    }
    assert ("LeaseViewSet", "AllowAny") in found - set(read_lines("open_views.txt"))


def test_a_missing_and_a_stale_row_are_found():
    """The document decides which rows there are."""
    table = {name: row for name, row in TABLE.items() if name != "lease_sign"}
    table["lease_teleport"] = TABLE["lease_sign"]
    missing, stale = gaps(table)
    assert [row.name for row in missing] == ["lease_sign"]
    assert stale == ["lease_teleport"]


@pytest.mark.parametrize(
    ("statement", "is_seen"),
    [
        ("UPDATE accounts_user SET language = 'en'", True),
        ("UPDATE accounts_user SET language = language", False),
        ("DELETE FROM properties_listingphoto", True),
        ("SELECT 1", False),
    ],
)
def test_the_watch_sees_what_changed(asker, statement, is_seen):
    """By content, not by whether something was written."""
    watch = Watch()
    with undone():
        before = written_so_far()
        with connection.cursor() as cursor:
            cursor.execute(statement)
        seen = digests(touched_since(before))
    watch.keep(seen)
    assert bool(watch.differing(seen)) is is_seen


def test_the_watch_overlooks_what_was_rolled_back(asker):
    """A service that fails half-way undoes its half: nothing changed."""
    watch = Watch()
    with undone():
        before = written_so_far()
        with savepoint():
            User.objects.update(language="en")
            transaction.set_rollback(True)
        seen = digests(touched_since(before))
    assert "accounts_user" in seen
    watch.keep(seen)
    assert watch.differing(seen) == set()
