"""Sessions: one sign-in on one device, and the refresh tokens that continue it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.crypto.lookups import keyed_digest
from lokahome.core.db.models import BaseModel, VisibleQuerySet

DIGEST = r"^[0-9a-f]{64}$"


def device_digest(key: UUID) -> str:
    """Return the keyed digest under which the device *key* is stored, 64 hex digits."""
    return keyed_digest(str(key), purpose="device")


KNOWN_FOR = timedelta(days=180)
"""A device that nobody used for as long is known no more: phones are sold and lost."""


class DeviceQuerySet(VisibleQuerySet["Device"]):
    """Devices, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own devices; staff reads others' in admin."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def known(self, now: datetime) -> Self:
        """Return the devices that may sign in without a second proof at *now*."""
        return self.filter(trusted_at__isnull=False, last_seen_at__gt=now - KNOWN_FOR)


class Device(BaseModel):
    """One app's installation as one person used it.

    The app makes a key at its installation and sends it with every request; its keyed
    digest alone is stored. A phone that two people share is a device of each.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="devices",
        verbose_name=_("personne"),
    )
    key_digest = models.CharField(_("empreinte de la clé"), max_length=64)
    name = models.CharField(_("nom"), max_length=80, blank=True)
    first_seen_at = models.DateTimeField(_("vu la première fois le"))
    last_seen_at = models.DateTimeField(_("vu la dernière fois le"))
    trusted_at = models.DateTimeField(_("reconnu le"), null=True, blank=True)
    """When a sign-in on it gave all the proof that was asked; None: not known.

    Log-out everywhere, a new password and the like end it for all other devices."""

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("appareil")
        verbose_name_plural = _("appareils")
        indexes = (models.Index(fields=["user", "-id"], name="accounts_device_own"),)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "key_digest"], name="accounts_device_once_a_person"
            ),
            models.CheckConstraint(
                condition=Q(key_digest__regex=DIGEST), name="accounts_device_digest"
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")),
                name="accounts_device_seen_in_order",
            ),
        )

    def __str__(self) -> str:
        return self.name or f"device {self.pk}"


class SessionQuerySet(VisibleQuerySet["Session"]):
    """Sessions, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own sessions; staff reads others' in admin."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def alive(self, now: datetime) -> Self:
        """Return the sessions that go on at *now*."""
        return self.filter(ended_at=None, expires_at__gt=now)


class Session(BaseModel):
    """What goes on from a sign-in until it is ended: the family of its tokens.

    Every request reads this row, so an end is an end at once, whatever tokens say.
    """

    class Method(models.TextChoices):
        CODE = "code", _("code par SMS")
        PASSWORD = "password", _("mot de passe")
        OIDC = "oidc", _("compte d’un autre service")

    class EndReason(models.TextChoices):
        SIGNED_OUT = "signed_out", _("déconnexion")
        EVERYWHERE = "everywhere", _("déconnexion partout")
        REVOKED = "revoked", _("fermée depuis un autre appareil")
        DEVICE_FORGOTTEN = "device_forgotten", _("appareil oublié")
        PASSWORD_CHANGED = "password_changed", _("mot de passe changé")
        PHONE_CHANGED = "phone_changed", _("numéro changé")
        PHONE_LOST = "phone_lost", _("carte SIM perdue")
        CONTESTED = "contested", _("connexion contestée")
        SUSPENDED = "suspended", _("compte suspendu")
        STAFF = "staff", _("fermée par l’équipe")
        ERASED = "erased", _("compte effacé")
        REUSED = "reused", _("jeton présenté deux fois")
        TAKEN_OVER = "taken_over", _("compte repris par son numéro")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="sessions",
        verbose_name=_("personne"),
    )
    device = models.ForeignKey(
        Device,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("appareil"),
    )
    method = models.CharField(_("moyen"), max_length=10, choices=Method.choices)
    opened_by = models.UUIDField(
        _("preuve qui l’a ouverte"), null=True, unique=True, editable=False
    )
    """The code request or the challenge that it answers: a lost answer is given again."""
    started_at = models.DateTimeField(_("ouverte le"))
    last_used_at = models.DateTimeField(_("utilisée le"))
    """To five minutes: a write for every request would be one too many."""
    proved_at = models.DateTimeField(_("preuve donnée le"), null=True, blank=True)
    """When the person last proved again who they are; sensitive acts ask for it."""
    proved_by = models.CharField(_("preuve donnée par"), max_length=20, blank=True)
    """A `ProofMethod`: a code to the SIM says less than what only the person knows."""
    expires_at = models.DateTimeField(_("expire le"))
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    end_reason = models.CharField(
        _("raison de la fin"), max_length=20, choices=EndReason.choices, blank=True
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = (
            models.Index(fields=["user", "-id"], name="accounts_session_own"),
            models.Index(
                fields=["user"],
                condition=Q(ended_at=None),
                name="accounts_session_alive",
            ),
            models.Index(fields=["expires_at"], name="accounts_session_expiry"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(method__in=("code", "password", "oidc")),
                name="accounts_session_method",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="")
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
                name="accounts_session_end_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("started_at")),
                name="accounts_session_expires_after_start",
            ),
            models.CheckConstraint(
                condition=Q(proved_at=None, proved_by="")
                | (Q(proved_at__isnull=False) & ~Q(proved_by="")),
                name="accounts_session_proof_is_whole",
            ),
        )
        permissions = (("end_session", "Peut fermer les sessions de quelqu’un"),)

    def __str__(self) -> str:
        return f"session {self.pk}"


class RefreshToken(BaseModel):
    """One refresh token of a session. The token itself is not kept, nor its digest.

    Its text follows from this row and a key that is not in the database: whoever lost
    the answer is given the same one again (`accounts.api.tokens`).
    """

    session = models.ForeignKey(
        Session,
        on_delete=models.CASCADE,
        related_name="tokens",
        verbose_name=_("session"),
    )
    jti = models.UUIDField(_("identifiant du jeton"), unique=True)
    key_id = models.CharField(_("clé"), max_length=16)
    issued_at = models.DateTimeField(_("émis le"))
    expires_at = models.DateTimeField(_("expire le"))
    used_at = models.DateTimeField(_("utilisé le"), null=True, blank=True)
    successor = models.OneToOneField(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="predecessor",
        verbose_name=_("successeur"),
    )

    class Meta:
        verbose_name = _("jeton de session")
        verbose_name_plural = _("jetons de session")
        indexes = (models.Index(fields=["expires_at"], name="accounts_token_expiry"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(used_at=None, successor=None)
                | Q(used_at__isnull=False, successor__isnull=False),
                name="accounts_token_used_has_successor",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(used_at=None),
                name="accounts_token_one_unused",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")),
                name="accounts_token_expires_after_issue",
            ),
        )

    def __str__(self) -> str:
        return f"refresh token {self.jti}"
