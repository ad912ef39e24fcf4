"""Hats: what a person may be, and how far that was checked."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet


class RoleGrantQuerySet(VisibleQuerySet["RoleGrant"]):
    """Hats, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own hats; staff reads others' in admin."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()


class RoleGrant(VersionedModel):
    """One hat of one person, with its own level of verification."""

    class Role(models.TextChoices):
        TENANT = "tenant", _("locataire")
        LANDLORD = "landlord", _("propriétaire")
        PROVIDER = "provider", _("prestataire")
        ADMIN = "admin", _("équipe")

    class Level(models.IntegerChoices):
        PHONE = 0, _("téléphone vérifié")
        IDENTITY = 1, _("identité vérifiée")
        OWNERSHIP = 2, _("propriété ou mandat vérifié")
        PROFESSIONAL = 3, _("dossier professionnel vérifié")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="roles",
        verbose_name=_("personne"),
    )
    role = models.CharField(_("rôle"), max_length=12, choices=Role.choices)
    level = models.PositiveSmallIntegerField(
        _("niveau"), choices=Level.choices, default=Level.PHONE
    )

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("rôle")
        verbose_name_plural = _("rôles")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role"], name="accounts_role_once_a_person"
            ),
            models.CheckConstraint(
                condition=Q(role__in=("tenant", "landlord", "provider", "admin")),
                name="accounts_role_known",
            ),
            models.CheckConstraint(
                condition=Q(level__gte=0, level__lte=3), name="accounts_role_level"
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.level}"
