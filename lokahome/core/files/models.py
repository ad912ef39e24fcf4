"""Uploads on their way to the thing they belong to."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet


class UploadQuerySet(VisibleQuerySet["Upload"]):
    """Uploads are seen by whoever made them, and by nobody else."""

    def visible_to(self, user: Any) -> Self:
        """Return the uploads of *user*."""
        return self.filter(owner_id=user.pk) if user.pk else self.none()


class Upload(VersionedModel):
    """A file announced, then received whole, then attached once."""

    class Kind(models.TextChoices):
        PHOTO = "photo", "Photo"
        IDENTITY = "identity", "Pièce d’identité"
        MANDATE = "mandate", "Mandat signé"

    class Status(models.TextChoices):
        WAITING = "waiting", "Attendu"
        WHOLE = "whole", "Reçu"
        ATTACHED = "attached", "Utilisé"

    owner_id = models.UUIDField(_("déposant"), db_index=True)
    kind = models.CharField(_("nature"), max_length=20, choices=Kind.choices)
    mime = models.CharField(_("type de fichier"), max_length=60)
    size_bytes = models.PositiveIntegerField(_("taille en octets"))
    sha256 = models.CharField(_("empreinte du fichier"), max_length=64)
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.WAITING
    )
    file_name = models.CharField(_("fichier"), max_length=200, blank=True)
    received_at = models.DateTimeField(_("reçu le"), null=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(status="waiting", file_name="")
                | (~Q(status="waiting") & ~Q(file_name="")),
                name="core_upload_whole_has_file",
            ),
            models.CheckConstraint(
                condition=Q(size_bytes__gt=0), name="core_upload_has_bytes"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
