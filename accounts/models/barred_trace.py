"""What is left of a banned person who was erased: enough to know them by, not to name them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.sanction import Sanction
from lokahome.core.db.models import BaseModel


class BarredTraceQuerySet(models.QuerySet["BarredTrace"]):
    """Traces, and how long they count."""

    def telling(self, now: datetime) -> Self:
        """Return those that count: their ban lasts, and they have had no end yet."""
        return self.filter(sanction__status=Sanction.Status.ACTIVE, ends_at__gt=now)

    def past(self, now: datetime) -> Self:
        """Return those that are to be forgotten: their end came, or their ban's."""
        return self.exclude(sanction__status=Sanction.Status.ACTIVE) | self.filter(
            ends_at__lte=now
        )


class BarredTrace(BaseModel):
    """The keyed digest of one number, or one document, of a banned person.

    Written as the person is erased, so that an erasure does not undo a ban. It tells
    nothing about anybody until somebody comes with the same number or document.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", _("numéro de téléphone")
        DOCUMENT = "document", _("pièce")

    sanction = models.ForeignKey(
        Sanction,
        on_delete=models.PROTECT,
        related_name="traces",
        verbose_name=_("exclusion"),
    )
    kind = models.CharField(_("nature"), max_length=10, choices=Kind.choices)
    digest = models.CharField(_("empreinte"), max_length=64)
    ends_at = models.DateTimeField(_("gardée jusqu’au"))

    objects = BarredTraceQuerySet.as_manager()

    class Meta:
        verbose_name = _("trace d’une exclusion")
        verbose_name_plural = _("traces d’exclusions")
        indexes = (
            models.Index(fields=["kind", "digest"], name="accounts_barred_known"),
            models.Index(fields=["ends_at"], name="accounts_barred_ending"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["sanction", "kind", "digest"], name="accounts_barred_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("phone", "document")),
                name="accounts_barred_kind",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="accounts_barred_digest",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("created_at")),
                name="accounts_barred_has_time",
            ),
        )

    def __str__(self) -> str:
        return f"barred trace {self.pk}"
