"""Notices: somebody holds the SIM and wants in; the other channels have 72 hours."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.phone import Phone
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class SignInNoticeQuerySet(VisibleQuerySet["SignInNotice"]):
    """Notices, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return those about one's own account; staff reads them in admin."""
        return self.filter(person_id=user.pk) if user.is_authenticated else self.none()

    def waiting(self) -> Self:
        """Return the notices that nobody contested, used or let lapse."""
        return self.filter(status=SignInNotice.Status.WAITING)


class SignInNotice(VersionedModel):
    """Told to the account's other channels; uncontested, it stands for a second proof.

    From `opens_at` until `closes_at` a new code from the same device signs in. A session
    of the account that is older than it, or the link in the e-mail, contests it before.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("En cours")
        CONTESTED = "contested", _("Contesté")
        USED = "used", _("Utilisé")
        LAPSED = "lapsed", _("Expiré")

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
    device_digest = models.CharField(
        _("empreinte de l’appareil"), max_length=64, blank=True
    )
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.WAITING
    )
    opens_at = models.DateTimeField(_("ouvre le"))
    closes_at = models.DateTimeField(_("se ferme le"))
    closed_at = models.DateTimeField(_("clos le"), null=True, blank=True)

    objects = SignInNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("préavis de connexion")
        verbose_name_plural = _("préavis de connexion")
        permissions = (("open_sign_in_notice", "Peut ouvrir un préavis de connexion"),)
        indexes = (
            models.Index(fields=["person", "-id"], name="accounts_notice_person"),
            models.Index(
                fields=["closes_at"],
                condition=Q(status="waiting"),
                name="accounts_notice_waiting",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["phone", "device_digest"],
                condition=Q(status="waiting"),
                name="accounts_notice_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at"))
                & Q(opens_at__gt=F("created_at")),
                name="accounts_notice_in_order",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting", closed_at=None)
                | Q(
                    status__in=("contested", "used", "lapsed"),
                    closed_at__isnull=False,
                ),
                name="accounts_notice_closed",
            ),
        )

    def __str__(self) -> str:
        return f"notice {self.pk}"


NOTICE_STATES = StateMachine(
    "sign_in_notice",
    [
        edge(SignInNotice.Status.WAITING, "contest", "holder", "contested"),
        edge(SignInNotice.Status.WAITING, "use", "system", "used"),
        edge(SignInNotice.Status.WAITING, "lapse", "system", "lapsed"),
    ],
)
