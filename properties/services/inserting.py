"""Inserting rows whose id an app made: an id that is taken is a refusal, not a fault."""

from __future__ import annotations

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lokahome.core.errors import FieldError, InvalidInput


class IdTaken(InvalidInput):
    """The id that came with the request names something else already."""

    code = "request.id_taken"
    title = gettext_lazy("Cet identifiant est déjà utilisé")


def violated(error: IntegrityError) -> str:
    """Return the name of the constraint that *error* tells of."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnostics, "constraint_name", "") or "")


def insert(row: models.Model, **refusals: Exception) -> None:
    """Insert *row*; raises IdTaken, or the refusal named after a violated constraint.

    Runs in a savepoint, so that the caller's transaction survives a refusal.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        name = violated(error)
        if name in refusals:
            raise refusals[name] from error
        if name.endswith("_pkey"):
            detail = _("Choisissez un autre identifiant.")
            raise IdTaken(
                errors=[FieldError("request.id_taken", detail, "/id")]
            ) from error
        raise
