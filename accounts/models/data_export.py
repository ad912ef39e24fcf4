"""Exports: everything we hold about one person, packed for that person."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class DataExportQuerySet(VisibleQuerySet["DataExport"]):
    """Exports, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own exports; staff sees that there are any, in admin."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def waiting(self) -> Self:
        """Return the exports that are still to be packed."""
        return self.filter(status=DataExport.Status.REQUESTED)

    def ready(self) -> Self:
        """Return the exports whose file can be fetched."""
        return self.filter(status=DataExport.Status.READY)


class DataExport(VersionedModel):
    """One ZIP in private storage, for a few days, read by its person alone."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("En préparation")
        READY = "ready", _("Prêt")
        EXPIRED = "expired", _("Expiré")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.REQUESTED
    )
    file_name = models.CharField(_("fichier"), max_length=200, blank=True)
    file_sha256 = models.CharField(_("empreinte du fichier"), max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField(_("taille en octets"), null=True)
    ready_at = models.DateTimeField(_("prêt le"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expire le"), null=True, blank=True)
    """When the file is deleted."""

    objects = DataExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("copie des données")
        verbose_name_plural = _("copies des données")
        indexes = (
            models.Index(fields=["user", "-id"], name="accounts_export_own"),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="requested"),
                name="accounts_export_waiting",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="ready"),
                name="accounts_export_to_expire",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status="requested"),
                name="accounts_export_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="requested", file_name="", file_sha256="", ready_at=None
                )
                | (
                    Q(
                        status="ready",
                        ready_at__isnull=False,
                        expires_at__gt=F("ready_at"),
                        size_bytes__gt=0,
                        file_sha256__regex=r"^[0-9a-f]{64}$",
                    )
                    & ~Q(file_name="")
                )
                | Q(status="expired", file_name=""),
                name="accounts_export_ready_has_file",
            ),
        )

    def __str__(self) -> str:
        return f"export {self.pk}"


_S = DataExport.Status
EXPORT_STATES = StateMachine(
    "dataexport",
    [
        edge(_S.REQUESTED, "pack", "system", _S.READY),
        edge(_S.READY, "expire", "system", _S.EXPIRED),
        # Its person was erased, or it never could be packed.
        edge(_S.REQUESTED, "expire", "system", _S.EXPIRED),
    ],
)
