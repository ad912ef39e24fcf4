"""What development transports kept instead of sending it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel


class CaughtMessage(BaseModel):
    """A message on its way to nobody: the development page shows it.

    The one place where the text of a code is written down, which is why the transports
    that write it are refused outside development.
    """

    class Channel(models.TextChoices):
        SMS = "sms", "SMS"
        EMAIL = "email", _("courriel")

    channel = models.CharField(_("canal"), max_length=10, choices=Channel.choices)
    to = models.CharField(_("destinataire"), max_length=254)
    subject = models.CharField(_("objet"), max_length=200, blank=True)
    text = models.TextField(_("texte"))
    reference = models.CharField(_("référence"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("message retenu")
        verbose_name_plural = _("messages retenus")
        indexes = (models.Index(fields=["to", "-id"], name="messaging_caught_to"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"
