"""Walking every table: which ones lead to a person, and which of them nobody spoke of."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.gis.db.models import GeometryField
from django.contrib.postgres.fields import ArrayField
from django.db import models

from lokahome.core.privacy.holdings import EVERYTHING, Holding, holdings

OTHER_IDS = frozenset(
    {
        "core.Delivery.lease_token",
        "core.AuditEntry.row_id",
        "accounts.CodeRequest.bound_id",
        "accounts.IdentityCheck.back_upload_id",
        "accounts.IdentityCheck.upload_id",
        "accounts.RefreshToken.jti",
        "accounts.Session.opened_by",
        "marketplace.Job.case_id",
        "marketplace.Job.charge_id",
        "marketplace.Job.escrow_id",
        "marketplace.JobPhoto.upload_id",
        "messaging.Message.client_id",
        "messaging.MessageHiding.case_id",
        "messaging.OutgoingMessage.code_request_id",
        "messaging.OutgoingMessage.email_id",
        "messaging.OutgoingMessage.invitation_id",
        "messaging.OutgoingMessage.target_id",
        "messaging.PersonLog.epoch",
        "messaging.RealtimeTicket.device_id",
        "payments.Receipt.document_id",
        "properties.ListingPhoto.upload_id",
        "properties.Mandate.proof_id",
        "properties.RentAllocation.charge_id",
        "properties.RentPayment.charge_id",
        "properties.TicketPhoto.upload_id",
    }
)
"""Bare UUID columns that name no person. Whatever is not here is taken for a person's."""


def tables_of_people() -> list[type[models.Model]]:
    """Return every model from which a person is reached.

    By a foreign key, by a bare UUID column that names one, or through another model
    that reaches one. Many-to-many tables are models too.
    """
    tables = [
        model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy and model._meta.managed
    ]
    reached: set[type[models.Model]] = {get_user_model()}
    reached |= {model for model in tables if person_columns(model)}
    grown = True
    while grown:
        further = {
            model
            for model in tables
            if model not in reached and _parents(model) & reached
        }
        reached |= further
        grown = bool(further)
    return sorted(reached, key=lambda model: model._meta.label)


def person_columns(model: type[models.Model]) -> list[str]:
    """Return the bare UUID columns (arrays included) of *model* that name people."""
    return [
        column.name
        for column in model._meta.local_concrete_fields
        if _is_uuid(column)
        and not column.primary_key
        and not column.is_relation
        and f"{model._meta.label}.{column.name}" not in OTHER_IDS
    ]


def columns_of_words(model: type[models.Model]) -> list[str]:
    """Return the columns of *model* in which people's words, places or files may be.

    Text without a list of choices, JSON, bytes and geometries; generated columns follow
    those they are made of.
    """
    return [
        column.name
        for column in model._meta.local_concrete_fields
        if isinstance(
            column,
            models.CharField
            | models.TextField
            | models.JSONField
            | models.BinaryField
            | models.FileField
            | GeometryField,
        )
        and not column.choices
        and not isinstance(column, models.GeneratedField)
        and not column.primary_key
    ]


def unspoken(said: Iterable[Holding] | None = None) -> list[str]:
    """Return what nobody spoke of: ``app.Model`` or ``app.Model.column``, sorted.

    A table of people needs a holding. Each of its columns that names a person is the
    way in of some holding, and each of its columns of words is emptied, unless *keeps*
    has it, or the rows are deleted. Tables that are written once cannot be emptied.
    """
    by_model: dict[str, list[Holding]] = {}
    for holding in holdings() if said is None else said:
        by_model.setdefault(holding.model, []).append(holding)
    missing: list[str] = []
    for model in tables_of_people():
        label = model._meta.label
        own = by_model.get(label, [])
        if not own:
            missing.append(label)
            continue
        kept = {name for item in own for name in item.keeps}
        if EVERYTHING in kept:
            continue
        entered = {item.person.partition("__")[0].removesuffix("_id") for item in own}
        missing += [
            f"{label}.{name}"
            for name in roles_in(model)
            if name not in kept and name.removesuffix("_id") not in entered
        ]
        if not any(item.deleted for item in own):
            told = kept.union(*(item.emptied for item in own))
            missing += [
                f"{label}.{name}"
                for name in columns_of_words(model)
                if name not in told
            ]
    return sorted(missing)


def roles_in(model: type[models.Model]) -> list[str]:
    """Return the columns of *model* that name a person, by a key or by a bare id."""
    people = get_user_model()
    keys = [
        column.name
        for column in model._meta.local_concrete_fields
        if column.is_relation and column.related_model is people
    ]
    return keys + person_columns(model)


def _is_uuid(column: models.Field[object, object]) -> bool:
    if isinstance(column, ArrayField):
        return isinstance(column.base_field, models.UUIDField)
    return isinstance(column, models.UUIDField)


def _parents(model: type[models.Model]) -> set[type[models.Model]]:
    return {
        column.related_model
        for column in model._meta.local_concrete_fields
        if column.is_relation and isinstance(column.related_model, type)
    }
