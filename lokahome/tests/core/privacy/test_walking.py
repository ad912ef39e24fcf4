"""Every table that leads to a person is spoken of, column by column."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from accounts.models import User
from lokahome.core.ids import uuid7
from lokahome.core.privacy.holdings import EVERYTHING, Holding, holdings
from lokahome.core.privacy.walking import (
    OTHER_IDS,
    columns_of_words,
    person_columns,
    roles_in,
    tables_of_people,
    unspoken,
)


def test_nothing_that_leads_to_a_person_is_left_out():
    assert unspoken() == [], (
        "say in services/privacy.py of its app what a copy shows of it and what an"
        " erasure empties; a bare UUID that names nobody goes into OTHER_IDS"
    )


@pytest.mark.parametrize(
    ("model", "way"),
    [
        ("accounts.Phone", "a key"),
        ("core.Upload", "a bare id"),
        ("core.SealedDocument", "an array of ids"),
        ("payments.Posting", "the account of somebody"),
        ("properties.EntryCost", "the listing of somebody"),
        ("accounts.User_groups", "a table between two"),
        ("mfa.Authenticator", "somebody else's package"),
    ],
)
def test_a_table_is_found_by_each_way_to_a_person(model, way):
    labels = [table._meta.label for table in tables_of_people()]
    assert model in labels, f"not found by {way}"
    without = [item for item in holdings() if item.model != model]
    assert model in unspoken(without), "and missed when nobody speaks of it"


def test_a_column_of_words_that_nobody_spoke_of_is_missed():
    holding = Holding(model="accounts.Report", person="reporter_id", kept="because")
    found = [item for item in unspoken([holding]) if item.startswith("accounts.Report")]
    assert found == ["accounts.Report.detail", "accounts.Report.subject"]


def test_a_part_that_a_person_plays_and_nobody_spoke_of_is_missed():
    holding = Holding(
        model="properties.Application",
        person="tenant_id",
        kept="because",
        emptied={"message": "", "decision_reason": ""},
    )
    mine = [item for item in unspoken([holding]) if "properties.Appl" in item]
    assert mine == ["properties.Application.landlord"]


def test_words_are_looked_for_in_every_kind_of_column():
    assert set(columns_of_words(apps.get_model("properties", "Property"))) == {
        "label",
        "path_text",
        "street",
        "door_number",
        "pin",
    }
    assert "raw_body" in columns_of_words(apps.get_model("payments", "GatewayNotice"))
    assert "number" in columns_of_words(apps.get_model("accounts", "IdentityCheck"))
    assert person_columns(apps.get_model("core", "SealedDocument")) == ["people"]
    assert "tenant" in roles_in(apps.get_model("properties", "Lease"))


def test_the_list_of_other_ids_names_columns_that_exist():
    for name in OTHER_IDS:
        label, _dot, column = name.rpartition(".")
        table = apps.get_model(label)
        field = table._meta.get_field(column)
        assert isinstance(field, models.UUIDField), name


@pytest.mark.parametrize("holding", holdings(), ids=lambda item: f"{item.model}")
def test_a_holding_is_true_of_its_table(holding, db):
    table = holding.table
    assert list(holding.rows(uuid7())) == [], "the way in is a query that runs"
    for column in (*holding.hidden, *holding.emptied, *holding.keeps):
        if column == EVERYTHING:
            continue
        try:
            table._meta.get_field(column)
        except FieldDoesNotExist:
            attnames = [item.attname for item in table._meta.concrete_fields]
            assert column in attnames, column
    if getattr(table, "append_only", False):
        assert not holding.emptied, "it is written once"
        assert not holding.deleted, "it is written once"


def test_whoever_says_that_rows_stay_says_why():
    with pytest.raises(ValueError, match="why do the rows stay"):
        Holding(model="accounts.Phone", person="user_id")
    assert all(item.deleted or item.kept.endswith(".") for item in holdings())


def test_the_person_themselves_is_emptied():
    mine = [item for item in holdings() if item.model == User._meta.label]
    assert mine[0].emptied["full_name"] == ""
