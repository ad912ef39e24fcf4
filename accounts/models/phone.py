"""Numbers and whose they are, or were."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _

from accounts.models.limits import SETTLES_AFTER
from lokahome.core import clock
from lokahome.core.db.models import BaseModel, VisibleQuerySet

E164 = r"^\+[1-9][0-9]{7,14}$"


class PhoneQuerySet(VisibleQuerySet["Phone"]):
    """Numbers, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own numbers, past ones included; staff reads them in admin."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def current(self) -> Self:
        """Return the numbers that have not been released."""
        return self.filter(released_at=None)

    def reachable(self) -> Self:
        """Return the current numbers whose SIM was not reported lost."""
        return self.current().filter(lost_at=None)

    def settled(self, now: datetime) -> Self:
        """Return the reachable numbers that are their person's for 48 hours."""
        return self.reachable().filter(held_since__lte=now - SETTLES_AFTER)

    def by_standing(self, now: datetime) -> Self:
        """Put first the one that its person is called at.

        The settled one that became theirs last; while none has settled, the oldest.
        """
        since = Case(When(held_since__lte=now - SETTLES_AFTER, then=F("held_since")))
        return self.order_by(since.desc(nulls_last=True), "held_since", "id")


class Phone(BaseModel):
    """A number that a person proved to hold, until it was released.

    Operators give unused numbers to other people: whoever takes a released number
    becomes a new person, never the old one. A number whose SIM is lost stays its
    person's, but a code alone signs nobody in by it, and only codes are sent there;
    unless nobody proved the loss (`services.people.losses`).
    """

    class ReleaseReason(models.TextChoices):
        REMOVED = "removed", _("retiré par la personne")
        TAKEN_OVER = "taken_over", _("repris par un nouveau compte")
        ERASED = "erased", _("données effacées")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="phones",
        verbose_name=_("personne"),
    )
    number = models.CharField(_("numéro"), max_length=16)
    verified_at = models.DateTimeField(_("vérifié le"))
    held_since = models.DateTimeField(_("détenu depuis"), default=clock.now)
    """When it became theirs, or theirs again after a loss: signing in changes nothing.

    For 48 hours it proves nothing and nobody is called there, unless it is the only one.
    """
    let_in_at = models.DateTimeField(
        _("a ouvert à un appareil inconnu le"), null=True, blank=True
    )
    """When its code and a second proof let an unknown device in: payouts wait again."""
    lost_at = models.DateTimeField(_("déclaré perdu le"), null=True, blank=True)
    unproved_loss_at = models.DateTimeField(
        _("dernière perte déclarée sans preuve"), null=True, blank=True
    )
    """The `lost_at` of a loss that somebody reported who proved nothing."""
    released_at = models.DateTimeField(_("libéré le"), null=True, blank=True)
    release_reason = models.CharField(
        _("motif de libération"),
        max_length=12,
        choices=ReleaseReason.choices,
        blank=True,
    )

    objects = PhoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("numéro de téléphone")
        verbose_name_plural = _("numéros de téléphone")
        indexes = (models.Index(fields=["user", "-id"], name="accounts_phone_own"),)
        permissions = (("lift_phone_loss", "Peut lever la perte d’un numéro"),)
        constraints = (
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(released_at=None),
                name="accounts_phone_one_holder",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=E164), name="accounts_phone_e164"
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(released_at__gte=F("verified_at")),
                name="accounts_phone_released_after_verified",
            ),
            models.CheckConstraint(
                condition=Q(release_reason="")
                | Q(
                    release_reason__in=("removed", "taken_over", "erased"),
                    released_at__isnull=False,
                ),
                name="accounts_phone_reason_of_release",
            ),
        )

    def __str__(self) -> str:
        return f"phone {self.pk}"

    @property
    def is_loss_unproved(self) -> bool:
        """Say whether the SIM is lost by the word of somebody who proved nothing."""
        return self.lost_at is not None and self.lost_at == self.unproved_loss_at
