"""Challenges: one proof was right, and one proof is a SIM, a mailbox, an app elsewhere."""

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
    """A first proof from a device that the account does not know, or after long silence.

    Its id is told to whoever gave that proof and to nobody else; it is answered from
    the same device, by another kind of proof, at most MAX_TRIES times, once.
    """

    class Given(models.TextChoices):
        CODE = "code", _("code par SMS")
        EMAIL = "email", _("code par courriel")
        EXTERNAL = "external", _("compte d’un autre service")
        PASSWORD = "password", _("mot de passe")

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
    given = models.CharField(
        _("première preuve"), max_length=10, choices=Given.choices, default=Given.CODE
    )
    """What was proved already: the second proof is never the same thing again."""
    phone = models.ForeignKey(
        Phone,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("numéro"),
    )
    """The number whose SIM spoke; None where no SIM did."""
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
    new_password = models.CharField(
        _("mot de passe à poser"), max_length=128, blank=True, editable=False
    )
    """Hashed: what a reset by e-mail sets once the second proof is there, and not before."""
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
            models.CheckConstraint(
                condition=Q(given="code", phone__isnull=False)
                | Q(given__in=("email", "external", "password"), phone=None),
                name="accounts_challenge_given",
            ),
            models.CheckConstraint(
                condition=~Q(given="code", method="sms_code")
                & ~Q(given="email", method="email_code")
                & ~Q(given="external", method="email_code")
                & ~Q(
                    given="password",
                    method__in=("password", "sms_code", "email_code"),
                ),
                name="accounts_challenge_two_proofs",
            ),
            models.CheckConstraint(
                condition=~Q(status="left") | Q(given="code"),
                name="accounts_challenge_left_by_sim",
            ),
            models.CheckConstraint(
                condition=Q(new_password="") | Q(status="open", given="email"),
                name="accounts_challenge_password_waits",
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
