"""Numbers given out, and documents issued under them."""

from __future__ import annotations

import secrets
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel, AppendOnlyQuerySet


def new_token() -> str:
    """Return an unguessable token of 22 URL-safe characters (128 bits)."""
    return secrets.token_urlsafe(16)


class DocumentNumber(AppendOnlyModel):
    """A number reserved for one subject: a retry after a crash finds it again."""

    kind = models.CharField(_("nature"), max_length=20)
    year = models.PositiveIntegerField(_("année"))
    serial = models.PositiveIntegerField(_("numéro d’ordre"))
    subject = models.CharField(_("objet"), max_length=80)
    token = models.CharField(_("jeton"), max_length=32, unique=True, default=new_token)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "year", "serial"], name="core_number_used_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"], name="core_number_one_a_subject"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.year}-{self.serial}"


class SealedDocumentQuerySet(AppendOnlyQuerySet["SealedDocument"]):
    """Documents are seen by the people they name, and by staff."""

    def visible_to(self, user: Any) -> Self:
        """Return the documents of *user*."""
        if not user.pk:
            return self.none()
        if user.is_staff and user.has_perm("core.view_sealeddocument"):
            return self.all()
        return self.filter(people__contains=[user.pk])


class SealedDocument(AppendOnlyModel):
    """A document as issued. Corrected by another one that replaces it, never changed."""

    version = 1
    """Answers conditional requests; a sealed document never has another."""

    number = models.OneToOneField(
        DocumentNumber,
        on_delete=models.PROTECT,
        related_name="document",
        verbose_name=_("numéro"),
    )
    kind = models.CharField(_("nature"), max_length=20)
    label = models.CharField(_("numéro imprimé"), max_length=40)
    """The printed number, such as ``RC-2026-000042``."""
    subject = models.CharField(_("objet"), max_length=80)
    people = ArrayField(models.UUIDField(), default=list, verbose_name=_("personnes"))
    facts = models.JSONField(_("faits affichés"))
    """What the check page shows: amounts, days, initials; no other personal data."""
    file_name = models.CharField(_("fichier"), max_length=200)
    file_sha256 = models.CharField(_("empreinte du fichier"), max_length=64)
    seal = models.CharField(_("sceau"), max_length=64)
    seal_version = models.PositiveIntegerField(_("version du sceau"), default=1)
    replaces = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="replaced_by",
        verbose_name=_("remplace"),
    )

    objects = SealedDocumentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["label"], name="core_document_label_used_once"
            ),
            models.CheckConstraint(
                condition=~Q(seal="") & ~Q(file_sha256=""),
                name="core_document_is_sealed",
            ),
        )
        indexes = (models.Index(fields=["subject"], name="core_document_subject"),)

    def __str__(self) -> str:
        return self.label
