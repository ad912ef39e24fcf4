"""Sign-in codes: asked for, minted when the message leaves, used once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel

MAX_TRIES = 5


class CodeRequest(BaseModel):
    """One request for a code. Only the code's keyed hash is ever stored.

    The code is bound to this row: it opens nothing with another request's id.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", _("connexion")

    phone = models.CharField(_("numéro de téléphone"), max_length=16)
    purpose = models.CharField(_("usage"), max_length=20, choices=Purpose.choices)
    language = models.CharField(_("langue"), max_length=2, default="fr")
    """The asker's language: nobody with an account may be behind the number yet."""
    device = models.CharField(_("appareil"), max_length=80, blank=True)
    code_hash = models.CharField(_("empreinte du code"), max_length=64, blank=True)
    minted_at = models.DateTimeField(_("créé pour l’envoi le"), null=True)
    expires_at = models.DateTimeField(_("expire le"))
    tries = models.PositiveSmallIntegerField(_("essais"), default=0)
    used_at = models.DateTimeField(_("utilisé le"), null=True)

    class Meta:
        verbose_name = _("demande de code")
        verbose_name_plural = _("demandes de code")
        indexes = (
            models.Index(fields=["phone", "-id"], name="accounts_code_phone"),
            models.Index(fields=["expires_at"], name="accounts_code_expiry"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(purpose="sign_in"), name="accounts_code_purpose"
            ),
            models.CheckConstraint(
                condition=Q(tries__gte=0, tries__lte=MAX_TRIES),
                name="accounts_code_tries",
            ),
            models.CheckConstraint(
                condition=Q(code_hash="", minted_at=None)
                | Q(code_hash__regex=r"^[0-9a-f]{64}$", minted_at__isnull=False),
                name="accounts_code_hash_with_mint",
            ),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(minted_at__isnull=False),
                name="accounts_code_used_was_minted",
            ),
        )

    def __str__(self) -> str:
        return f"code request {self.pk}"
