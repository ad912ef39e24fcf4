"""Codes: asked for, minted when the message leaves, used once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.email import Email
from accounts.models.limits import MAX_TRIES
from lokahome.core.db.models import BaseModel


class CodeRequest(BaseModel):
    """One request for a code. Only the code's keyed hash is ever stored.

    Until it is minted a decoy stands there, which no code meets: who guesses learns
    nothing of whether anybody was there to receive one.
    The code is bound to this row: it opens nothing with another request's id. It goes
    to `phone` by SMS, or to `email` by a letter. Nobody may be behind a number that
    signs in; every other purpose names its `person`, and `bound_id` what alone it
    serves: a session, or a challenge.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", _("connexion")
        ADD_PHONE = "add_phone", _("nouveau numéro")
        PROOF = "proof", _("confirmation d’identité")
        CHALLENGE = "challenge", _("seconde preuve à la connexion")
        PASSWORD_RESET = "password_reset", _("nouveau mot de passe")

    class Channel(models.TextChoices):
        SMS = "sms", "SMS"
        EMAIL = "email", _("courriel")

    phone = models.CharField(_("numéro de téléphone"), max_length=16, blank=True)
    channel = models.CharField(
        _("canal"), max_length=10, choices=Channel.choices, default=Channel.SMS
    )
    email = models.ForeignKey(
        Email,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("adresse de courriel"),
    )
    purpose = models.CharField(_("usage"), max_length=20, choices=Purpose.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("personne"),
    )
    bound_id = models.UUIDField(_("sert seulement à"), null=True, blank=True)
    language = models.CharField(_("langue"), max_length=2, default="fr")
    """The asker's language: nobody with an account may be behind the number yet."""
    device = models.CharField(_("appareil"), max_length=80, blank=True)
    number_digest = models.CharField(
        _("empreinte du numéro demandé"), max_length=64, blank=True
    )
    """Of the number that was asked for: it stays where `phone` gives way to `email`."""
    asker_digest = models.CharField(
        _("empreinte de qui demande"), max_length=64, blank=True
    )
    """Of the device that asked, or of the address of one that names none."""
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
            models.Index(
                fields=["bound_id", "-id"],
                condition=Q(bound_id__isnull=False),
                name="accounts_code_bound",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    purpose__in=(
                        "sign_in",
                        "add_phone",
                        "proof",
                        "challenge",
                        "password_reset",
                    )
                ),
                name="accounts_code_purpose",
            ),
            models.CheckConstraint(
                condition=(Q(channel="sms", email=None) & ~Q(phone=""))
                | Q(channel="email", email__isnull=False, phone=""),
                name="accounts_code_channel",
            ),
            models.CheckConstraint(
                condition=~Q(purpose__in=("add_phone", "proof", "challenge"))
                | Q(person__isnull=False, bound_id__isnull=False),
                name="accounts_code_bound_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(tries__gte=0, tries__lte=MAX_TRIES),
                name="accounts_code_tries",
            ),
            models.CheckConstraint(
                condition=Q(code_hash="", minted_at=None)
                | Q(code_hash__regex=r"^[0-9a-f]{64}$"),
                name="accounts_code_hash_with_mint",
            ),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(minted_at__isnull=False),
                name="accounts_code_used_was_minted",
            ),
        )

    def __str__(self) -> str:
        return f"code request {self.pk}"
