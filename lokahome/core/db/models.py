"""Base models of every table."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.ids import uuid7

M = TypeVar("M", bound=models.Model, covariant=True)


class BaseModel(models.Model):
    """A row with a UUIDv7 key and the moment it was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("créé le"), default=clock.now, editable=False)

    class Meta:
        abstract = True


class VersionedModel(BaseModel):
    """A row that people edit: each save counts its ``version`` up by one.

    The version answers ``If-Match`` and the hidden field of a back-office decision. It
    protects nothing by itself: services lock the row before they change it.
    """

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    updated_at = models.DateTimeField(
        _("modifié le"), default=clock.now, editable=False
    )

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Save, counting the version up when the row exists already."""
        if not self._state.adding:
            self.version += 1
            self.updated_at = clock.now()
            fields = kwargs.get("update_fields")
            if fields is not None:
                kwargs["update_fields"] = {*fields, "version", "updated_at"}
        super().save(**kwargs)


class AppendOnlyError(TypeError):
    """Code tried to change or delete a row that is written once."""


class AppendOnlyQuerySet(models.QuerySet[M]):
    """Refuses bulk changes before the database has to."""

    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are written once")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model.__name__} rows are written once")


class AppendOnlyModel(BaseModel):
    """A row that is written once: ledger, audit log, history.

    The application's database role is granted SELECT and INSERT only on such tables
    (`lokahome.core.db.grants`), and a trigger refuses UPDATE and DELETE to every role.
    """

    append_only: ClassVar[bool] = True

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Insert; raises AppendOnlyError when the row exists already."""
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are written once")
        kwargs["force_insert"] = True
        super().save(**kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise AppendOnlyError, always."""
        raise AppendOnlyError(f"{type(self).__name__} rows are written once")


class VisibleQuerySet(models.QuerySet[M]):
    """A queryset that knows who may see its rows. Subclasses say it."""

    def visible_to(self, user: Any) -> Self:
        """Return the rows that *user* (a User, or AnonymousUser) may see."""
        raise NotImplementedError(f"{type(self).__name__} does not say who may see it")
