"""Challenges: the code was right, but a code proves a SIM and not a person."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.code_request import CodeRequest
from accounts.models.limits import MAX_TRIES
from accounts.models.phone import Phone
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class SignInChallengeQuerySet(VisibleQuerySet["SignInChallenge"]):
    """Challenges, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return those of staff who may: whoever answers one has no account yet."""
        allowed = user.is_authenticated and user.is_staff
        if allowed and user.has_perm("accounts.view_signinchallenge"):
            return self
        return self.none()


class SignInChallenge(VersionedModel):
    """A right code from a device that the account does not know, or after long silence.

    Its id is told to whoever answered the code and to nobody else; it is answered from
    the same device, at most MAX_TRIES times, once.
    """

    class Reason(models.TextChoices):
        NEW_DEVICE = "new_device", _("appareil inconnu")
        SILENCE = "silence", _("long silence")
        LOST = "lost", _("carte SIM déclarée perdue")

    class Status(models.TextChoices):
        OPEN = "open", _("En attente")
        PROVED = "proved", _("Seconde preuve donnée")
        LEFT = "left", _("Nouveau compte ouvert")
        SPENT = "spent", _("Essais épuisés")
        LAPSED = "lapsed", _("Expirée")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("personne"),
    )
    phone = models.ForeignKey(
        Phone,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("numéro"),
    )
    code_request = models.OneToOneField(
        CodeRequest,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("demande de code"),
    )
    device_digest = models.CharField(
        _("empreinte de l’appareil"), max_length=64, blank=True
    )
    reason = models.CharField(_("motif"), max_length=12, choices=Reason.choices)
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    method = models.CharField(_("preuve donnée"), max_length=20, blank=True)
    tries = models.PositiveSmallIntegerField(_("essais"), default=0)
    expires_at = models.DateTimeField(_("expire le"))
    closed_at = models.DateTimeField(_("close le"), null=True, blank=True)

    objects = SignInChallengeQuerySet.as_manager()

    class Meta:
        verbose_name = _("seconde preuve demandée")
        verbose_name_plural = _("secondes preuves demandées")
        indexes = (
            models.Index(fields=["person", "-id"], name="accounts_challenge_person"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="open"),
                name="accounts_challenge_open",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(tries__gte=0, tries__lte=MAX_TRIES),
                name="accounts_challenge_tries",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=("new_device", "silence", "lost")),
                name="accounts_challenge_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None)
                | Q(
                    status__in=("proved", "left", "spent", "lapsed"),
                    closed_at__isnull=False,
                ),
                name="accounts_challenge_closed",
            ),
            models.CheckConstraint(
                condition=(Q(status="proved") & ~Q(method=""))
                | (~Q(status="proved") & Q(method="")),
                name="accounts_challenge_proved_by",
            ),
        )

    def __str__(self) -> str:
        return f"challenge {self.pk}"


CHALLENGE_STATES = StateMachine(
    "sign_in_challenge",
    [
        edge(SignInChallenge.Status.OPEN, "prove", "holder", "proved"),
        edge(SignInChallenge.Status.OPEN, "leave", "holder", "left"),
        edge(SignInChallenge.Status.OPEN, "spend", "system", "spent"),
        edge(SignInChallenge.Status.OPEN, "lapse", "system", "lapsed"),
    ],
)
