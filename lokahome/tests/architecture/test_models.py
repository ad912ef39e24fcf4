"""Rules that every table of ours keeps."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from lokahome.core.db.models import BaseModel, VisibleQuerySet

OURS = ("core", "accounts", "payments", "properties", "marketplace", "messaging")
MODELS = [
    model
    for label in OURS
    for model in apps.get_app_config(label).get_models(include_auto_created=True)
]
BUSINESS = [model for model in MODELS if not model._meta.auto_created]
TABLES_OF_DJANGO = {
    "accounts_user_groups": "Django's many-to-many of its own permissions",
    "accounts_user_user_permissions": "Django's many-to-many of its own permissions",
}
WITHOUT_CONSTRAINTS = {
    "core.AuditEvent": "free facts about deeds; append-only is its constraint",
    "core.AuditPersonalData": "one-to-one with its event, erasable",
    "core.OutboxEvent": "free facts; append-only is its constraint",
    "core.StateChange": "written by the state machine only; append-only",
    "messaging.CaughtMessage": "development's letter box; production has none",
}


def ids(model):
    return model._meta.label


@pytest.mark.parametrize("model", MODELS, ids=ids)
def test_our_rows_have_uuid_keys(model):
    if model._meta.db_table in TABLES_OF_DJANGO:
        return
    assert isinstance(model._meta.pk, models.UUIDField)
    if model._meta.label != "accounts.User":
        assert issubclass(model, BaseModel)


@pytest.mark.parametrize("model", BUSINESS, ids=ids)
def test_every_model_says_what_a_row_is(model):
    """The default is "Model object (id)", which no log and no page can use."""
    assert model.__str__ is not models.Model.__str__
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}("), "Django made it up"


@pytest.mark.parametrize("model", BUSINESS, ids=ids)
def test_every_model_has_constraints(model):
    """What must always be true stands in the database, not in the code alone."""
    unique = [
        field
        for field in model._meta.local_fields
        if field.unique and not field.primary_key
    ]
    # A proxy has no table: the rules of the one it shows hold for it.
    rules = model._meta.concrete_model._meta.constraints
    has_rules = bool(rules or unique)
    excused = model._meta.label in WITHOUT_CONSTRAINTS
    assert has_rules or excused
    assert not (rules and excused), "no excuse is needed any more"


def test_every_excuse_is_for_a_model_that_exists():
    assert set(WITHOUT_CONSTRAINTS) <= {model._meta.label for model in BUSINESS}


@pytest.mark.parametrize("model", BUSINESS, ids=ids)
def test_a_choice_is_held_by_the_code_as_an_enum(model):
    for field in model._meta.local_fields:
        for value, _label in field.choices or ():
            assert not isinstance(value, str) or value == value.lower(), field


@pytest.mark.parametrize("model", BUSINESS, ids=ids)
def test_no_float_and_no_decimal_holds_anything(model):
    """Money is integers; rates are basis points; coordinates are points."""
    for field in model._meta.local_fields:
        assert not isinstance(field, models.FloatField | models.DecimalField), field


@pytest.mark.parametrize("model", BUSINESS, ids=ids)
def test_nothing_that_counts_is_deleted_by_the_way(model):
    """A cascade may take away a part of a whole, never a fact written once."""
    for field in model._meta.local_fields:
        remote = field.remote_field
        if remote is None or remote.on_delete is not models.CASCADE:
            continue
        assert not getattr(model, "append_only", False), field


def test_visibility_is_said_by_each_queryset_that_claims_it():
    for model in BUSINESS:
        queryset = model._default_manager.all()
        if isinstance(queryset, VisibleQuerySet):
            assert type(queryset).visible_to is not VisibleQuerySet.visible_to, model


@pytest.mark.django_db
def test_migrations_are_in_step_with_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_each_app_has_one_linear_line_of_migrations():
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    for label in OURS:
        if label in loader.migrated_apps:
            assert len(loader.graph.leaf_nodes(label)) == 1
