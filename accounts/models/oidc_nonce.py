"""Nonces of sign-ins at another service: asked for, signed by it, used once."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel


class OidcNonce(BaseModel):
    """One attempt to sign in at another service, of one device: digests only.

    An identity token that was meant for somebody else's attempt, or for an earlier one,
    names a nonce that is not waiting here for this device.
    """

    provider = models.CharField(_("autre service"), max_length=30)
    digest = models.CharField(_("empreinte"), max_length=64, unique=True)
    device_digest = models.CharField(_("empreinte de l’appareil"), max_length=64)
    expires_at = models.DateTimeField(_("expire le"))
    used_at = models.DateTimeField(_("utilisé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("tentative de connexion externe")
        verbose_name_plural = _("tentatives de connexion externe")
        indexes = (models.Index(fields=["expires_at"], name="accounts_nonce_ending"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$")
                & Q(device_digest__regex=r"^[0-9a-f]{64}$"),
                name="accounts_nonce_digests",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="accounts_nonce_ends_after_made",
            ),
        )

    def __str__(self) -> str:
        return f"nonce {self.pk}"
