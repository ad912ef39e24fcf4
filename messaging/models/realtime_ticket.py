"""Tickets that open one socket, once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Session
from lokahome.core.db.models import BaseModel


class RealtimeTicket(BaseModel):
    """One person's right to open one socket on one device within some seconds.

    The token itself is not kept: a stolen copy of the table opens nothing. The socket
    ends with the session that asked for it.
    """

    token_digest = models.CharField(_("empreinte"), max_length=64, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        verbose_name=_("personne"),
    )
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="+", verbose_name=_("session")
    )
    device_id = models.UUIDField(_("appareil"))
    expires_at = models.DateTimeField(_("expire le"))
    used_at = models.DateTimeField(_("utilisé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("billet de connexion")
        verbose_name_plural = _("billets de connexion")
        indexes = (
            models.Index(fields=["person", "expires_at"], name="messaging_ticket_age"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")),
                name="messaging_ticket_used_in_time",
            ),
        )

    def __str__(self) -> str:
        return f"ticket of {self.person_id}"
