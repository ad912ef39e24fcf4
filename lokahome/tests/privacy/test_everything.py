"""One person who did everything: the copy shows it all, the erasure leaves nothing."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import connection

from accounts.models import Consent, ErasureRequest, Phone, User
from accounts.services.privacy.data_exports import archive_of
from accounts.services.privacy.erasure import carry_out, request_erasure
from bench.erasure.planting import plant
from lokahome.core import clock
from lokahome.core.files.models import Upload
from lokahome.core.invariants import check_invariants
from lokahome.core.privacy.copying import copy_of
from lokahome.core.privacy.erasing import plan_of
from lokahome.core.privacy.holdings import registered
from properties.models import Listing, Property


@pytest.fixture(autouse=True)
def files_in_memory(settings):
    """Keep files out of the disk."""
    memory = {
        "BACKEND": "django.core.files.storage.InMemoryStorage",
        "OPTIONS": {"base_url": "/media/"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": memory, "private": memory}


@pytest.fixture
def planted(committed):
    """Return the person with all canaries in place."""
    return plant(now=clock.now())


def everything_in_the_database() -> str:
    """Return every row of every table as text."""
    with connection.cursor() as cursor:
        parts = []
        for table in connection.introspection.table_names(cursor):
            if table == "spatial_ref_sys":
                continue
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            parts += [f"{table} {row[0]}" for row in cursor.fetchall()]
    return "\n".join(parts)


def where(canary: str, text: str) -> list[str]:
    """Return the tables whose rows hold *canary*, as text or as the bytes of one."""
    hexed = canary.encode().hex()
    return sorted(
        {
            line.split(" ")[0]
            for line in text.splitlines()
            if canary in line or hexed in line
        }
    )


def erased(person: User, now):
    """Ask, wait, and carry it out."""
    request = request_erasure(person_id=person.pk, now=now)
    assert request.status == ErasureRequest.Status.SCHEDULED, request.obstacles
    later = now + timedelta(days=7)
    assert carry_out(request_id=request.pk, now=later)
    request.refresh_from_db()
    return request


def test_the_copy_shows_every_canary(planted):
    content = archive_of(planted.person.pk, language="fr", now=planted.now)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        data = archive.read("donnees.json").decode()
        files = b"".join(archive.read(name) for name in names if name != "donnees.json")
    assert "LISEZ-MOI.txt" in names
    missing = [
        name
        for name, canary in (planted.shown | planted.documented).items()
        if canary not in data and canary.encode() not in files
    ]
    assert missing == []
    assert len(planted.shown) >= 30
    for canary in planted.inner.values():
        assert canary not in data
    assert planted.other.full_name not in data, "others appear by an id only"
    document = json.loads(data)
    assert set(document["sections"]) >= {"accounts.phone", "payments.charge"}
    assert "password" not in document["sections"]["accounts.user"]["rows"][0]


def test_each_app_has_a_part_in_the_copy(planted):
    sections = {name.partition(".")[0] for name in copy_of(planted.person.pk)}
    assert sections >= {data.app for data in registered()}


def test_an_erasure_leaves_nothing_but_what_is_documented(planted):
    before = everything_in_the_database()
    for name, canary in (planted.shown | planted.documented).items():
        if "photo" not in name and name != "document_number":
            assert where(canary, before), f"{name} was never there"
    request = erased(planted.person, planted.now)
    assert request.status == ErasureRequest.Status.DONE
    assert request.files == []
    after = everything_in_the_database()
    left = {
        name: where(canary, after)
        for name, canary in (planted.shown | planted.inner).items()
        if where(canary, after)
    }
    assert left == {}
    kept = {name: where(canary, after) for name, canary in planted.documented.items()}
    assert kept == {
        "message": ["messaging_message"],
        "quote_line": ["marketplace_quoteline"],
    }


def test_its_files_are_gone_and_others_stay(planted):
    theirs = storages["default"].save("canari/other.jpg", io.BytesIO(b"theirs"))
    erased(planted.person, planted.now)
    assert not Upload.objects.filter(owner_id=planted.person.pk).exists()
    assert storages["private"].listdir("uploads")[1] == []
    assert storages["default"].listdir("canari")[1] == [theirs.rpartition("/")[2]]


def test_the_person_is_an_id_and_cannot_come_back(planted):
    erased(planted.person, planted.now)
    person = User.objects.get(pk=planted.person.pk)
    assert (person.full_name, person.username) == ("", str(person.pk))
    assert not person.is_active
    assert not person.has_usable_password()
    assert person.erased_at is not None
    assert not Phone.objects.filter(user=person).exists()


def test_a_pin_is_blurred_and_the_listing_is_gone_from_the_public(planted):
    erased(planted.person, planted.now)
    home = Property.objects.get(landlord=planted.person)
    assert home.pin.coords != (2.3994, 6.3614)
    listing = Listing.objects.get(landlord=planted.person)
    assert listing.status == Listing.Status.EXPIRED


def test_the_books_hold_afterwards(planted):
    before = {item.invariant for item in check_invariants()}
    erased(planted.person, planted.now)
    assert {item.invariant for item in check_invariants()} <= before


def test_the_other_person_is_untouched(planted):
    other = planted.other
    before = copy_of(other.pk)
    erased(planted.person, planted.now)
    after = copy_of(other.pk)
    assert after["accounts.user"] == before["accounts.user"]
    assert after["messaging.participant"] == before["messaging.participant"]
    assert set(after) == set(before)


def test_a_plan_changes_nothing_and_is_what_happens(planted):
    before = everything_in_the_database()
    plan = plan_of(planted.person.pk)
    assert everything_in_the_database() == before
    deleted = {item.model for item in plan if item.deed == "delete"}
    assert {"accounts.Phone", "core.Upload", "properties.ListingPhoto"} <= deleted
    assert all(item.kept for item in plan if item.deed == "keep")
    erased(planted.person, planted.now)
    assert not [item for item in plan_of(planted.person.pk) if item.deed == "delete"]


def test_what_was_agreed_to_is_taken_back(planted):
    Consent(
        user=planted.person,
        purpose="news",
        text_version="2026-11",
        is_granted=True,
        source="app",
    ).save()
    erased(planted.person, planted.now)
    last = Consent.objects.filter(user=planted.person).last_words().get()
    assert (last.is_granted, last.source) == (False, "erasure")
