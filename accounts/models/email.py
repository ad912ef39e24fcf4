"""E-mail addresses: claimed, proved by a code that is sent there, released."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.limits import MAX_TRIES, SETTLES_AFTER
from lokahome.core.db.models import BaseModel, VisibleQuerySet


class EmailQuerySet(VisibleQuerySet["Email"]):
    """Addresses, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own addresses, past ones included."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def current(self) -> Self:
        """Return the addresses that were proved and not released."""
        return self.filter(verified_at__isnull=False, released_at=None)

    def settled(self, now: datetime) -> Self:
        """Return the addresses in use for 48 hours: letters to them warn somebody."""
        return self.current().filter(verified_at__lte=now - SETTLES_AFTER)

    def proving(self, now: datetime) -> Self:
        """Return the addresses that prove who their person is: settled, of one alone."""
        others = Email.objects.current().filter(address=OuterRef("address"))
        return self.settled(now).exclude(
            Exists(others.exclude(user_id=OuterRef("user_id")))
        )

    def claimed(self) -> Self:
        """Return the addresses that wait for their code."""
        return self.filter(verified_at=None, released_at=None)


class Email(BaseModel):
    """One person's claim to one address, with the code that proves it.

    A family may share a mailbox, so an address may be several people's: letters go to
    each of them, and it proves who none of them is. Refusing the second would shut out
    whoever lost an account for good, and would say whose addresses we know. It proves
    nothing for 48 hours either. A person has one address at a time, and one claim
    beside it. The code is made when the letter leaves; its keyed hash alone is stored,
    bound to this row.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="emails",
        verbose_name=_("personne"),
    )
    address = models.CharField(_("adresse de courriel"), max_length=254)
    code_hash = models.CharField(_("empreinte du code"), max_length=64, blank=True)
    minted_at = models.DateTimeField(_("créé pour l’envoi le"), null=True)
    expires_at = models.DateTimeField(_("expire le"))
    tries = models.PositiveSmallIntegerField(_("essais"), default=0)
    verified_at = models.DateTimeField(_("vérifiée le"), null=True, blank=True)
    released_at = models.DateTimeField(_("libérée le"), null=True, blank=True)

    objects = EmailQuerySet.as_manager()

    class Meta:
        verbose_name = _("adresse de courriel")
        verbose_name_plural = _("adresses de courriel")
        indexes = (
            models.Index(fields=["user", "-id"], name="accounts_email_own"),
            models.Index(
                fields=["address"],
                condition=Q(verified_at__isnull=False, released_at=None),
                name="accounts_email_current",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(verified_at__isnull=False, released_at=None),
                name="accounts_email_one_current",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(verified_at=None, released_at=None),
                name="accounts_email_one_claim",
            ),
            models.CheckConstraint(
                condition=Q(address__regex=r"^[^@\sA-Z]+@[^@\sA-Z]+$"),
                name="accounts_email_address",
            ),
            models.CheckConstraint(
                condition=Q(tries__gte=0, tries__lte=MAX_TRIES),
                name="accounts_email_tries",
            ),
            models.CheckConstraint(
                condition=Q(code_hash="", minted_at=None)
                | Q(code_hash__regex=r"^[0-9a-f]{64}$", minted_at__isnull=False),
                name="accounts_email_hash_with_mint",
            ),
            models.CheckConstraint(
                condition=Q(verified_at=None) | Q(minted_at__isnull=False),
                name="accounts_email_verified_was_minted",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None)
                | Q(verified_at=None)
                | Q(released_at__gte=F("verified_at")),
                name="accounts_email_released_after_verified",
            ),
        )

    def __str__(self) -> str:
        return f"email {self.pk}"
