"""Identity checks: a document that somebody sent, and what staff found."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class IdentityCheckQuerySet(VisibleQuerySet["IdentityCheck"]):
    """Checks, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own checks; staff reads others' in admin."""
        return self.filter(person_id=user.pk) if user.is_authenticated else self.none()

    def waiting(self) -> Self:
        """Return the checks that wait for a decision."""
        return self.filter(status=IdentityCheck.Status.SUBMITTED)

    def accepted(self) -> Self:
        """Return the checks that proved who somebody is."""
        return self.filter(status=IdentityCheck.Status.ACCEPTED)


class IdentityCheck(VersionedModel):
    """One identity document of one person. The file is read by its reviewer only."""

    class DocumentKind(models.TextChoices):
        NATIONAL_CARD = "national_card", _("Carte nationale d’identité")
        CIP = "cip", _("Certificat d’identification personnelle (CIP)")
        PASSPORT = "passport", _("Passeport")
        RESIDENCE_PERMIT = "residence_permit", _("Carte de séjour")
        DRIVING_LICENCE = "driving_licence", _("Permis de conduire")

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("À vérifier")
        ACCEPTED = "accepted", _("Validée")
        UNREADABLE = "unreadable", _("Illisible")
        REFUSED = "refused", _("Refusée")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="identity_checks",
        verbose_name=_("personne"),
    )
    document_kind = models.CharField(
        _("nature de la pièce"), max_length=20, choices=DocumentKind.choices
    )
    upload_id = models.UUIDField(_("dépôt de fichier"), unique=True)
    status = models.CharField(
        _("état"), max_length=12, choices=Status.choices, default=Status.SUBMITTED
    )
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidé par"),
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)

    objects = IdentityCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("pièce d’identité")
        verbose_name_plural = _("pièces d’identité")
        indexes = (
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="submitted"),
                name="accounts_identity_waiting",
            ),
            models.Index(fields=["person", "-id"], name="accounts_identity_own"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status="submitted"),
                name="accounts_identity_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(
                    document_kind__in=(
                        "national_card",
                        "cip",
                        "passport",
                        "residence_permit",
                        "driving_licence",
                    )
                ),
                name="accounts_identity_document",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="submitted", reason="", decided_by=None, decided_at=None
                )
                | Q(
                    status="accepted",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                | (
                    Q(
                        status__in=("unreadable", "refused"),
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                    )
                    & ~Q(reason="")
                ),
                name="accounts_identity_decided_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("person")),
                name="accounts_identity_not_by_oneself",
            ),
        )
        permissions = (("decide_identity_check", "Peut vérifier les identités"),)

    def __str__(self) -> str:
        return str(self.get_document_kind_display())


IDENTITY_STATES = StateMachine(
    "identitycheck",
    [
        edge(
            IdentityCheck.Status.SUBMITTED,
            "accept",
            "staff",
            IdentityCheck.Status.ACCEPTED,
        ),
        edge(
            IdentityCheck.Status.SUBMITTED,
            "find_unreadable",
            "staff",
            IdentityCheck.Status.UNREADABLE,
        ),
        edge(
            IdentityCheck.Status.SUBMITTED,
            "refuse",
            "staff",
            IdentityCheck.Status.REFUSED,
        ),
    ],
)
