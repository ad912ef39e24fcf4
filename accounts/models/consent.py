"""Consents: what a person agreed to, one purpose at a time, and when they took it back."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel, AppendOnlyQuerySet


class ConsentQuerySet(AppendOnlyQuerySet["Consent"]):
    """Consents, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own consents, withdrawn ones included."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def last_words(self) -> Self:
        """Return the last word of each person for each purpose."""
        return self.order_by("user_id", "purpose", "-id").distinct("user_id", "purpose")


class Consent(AppendOnlyModel):
    """One word for one purpose. Taking it back is another row: the proof stays.

    The purposes and the texts that people agree to are data
    (`accounts.services.privacy.purposes`); a row names the version that was shown.
    """

    class Source(models.TextChoices):
        APP = "app", _("application")
        STAFF = "staff", _("équipe, à la demande de la personne")
        ERASURE = "erasure", _("effacement du compte")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    purpose = models.CharField(_("finalité"), max_length=40)
    text_version = models.CharField(_("version du texte"), max_length=20)
    is_granted = models.BooleanField(_("accordé"))
    source = models.CharField(_("donné par"), max_length=10, choices=Source.choices)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consentement")
        verbose_name_plural = _("consentements")
        indexes = (
            models.Index(fields=["user", "-id"], name="accounts_consent_own"),
            models.Index(
                fields=["user", "purpose", "-id"], name="accounts_consent_latest"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(purpose__regex=r"^[a-z][a-z_]*$"),
                name="accounts_consent_purpose",
            ),
            models.CheckConstraint(
                condition=~Q(text_version=""), name="accounts_consent_text"
            ),
            models.CheckConstraint(
                condition=Q(source__in=("app", "staff", "erasure")),
                name="accounts_consent_source",
            ),
            # Nobody agrees to anything by having an account erased.
            models.CheckConstraint(
                condition=~Q(source="erasure") | Q(is_granted=False),
                name="accounts_consent_erasure_only_withdraws",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.text_version}"
