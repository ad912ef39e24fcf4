"""Invitations into an agency, sent to a phone number."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.agency import Agency, AgencyRole, Membership
from accounts.models.phone import Phone
from lokahome.core.crypto.fields import EncryptedTextField
from lokahome.core.crypto.lookups import keyed_digest
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


def invited_number_digest(number: str) -> str:
    """Return under which digest the invitations of *number* (E.164) are found."""
    return keyed_digest(number, purpose="agency_invitation.phone")


def _addressed_to(user: Any) -> Q:
    numbers = Phone.objects.current().filter(user_id=user.pk)
    held = numbers.values_list("number", flat=True)
    return Q(phone_digest__in=[invited_number_digest(number) for number in held])


class AgencyInvitationQuerySet(VisibleQuerySet["AgencyInvitation"]):
    """Invitations, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return those of the agencies that *user* leads, and those sent to *user*."""
        if not user.is_authenticated:
            return self.none()
        leading = Membership.objects.active().filter(
            user_id=user.pk, role__in=(AgencyRole.OWNER, AgencyRole.MANAGER)
        )
        return self.filter(
            Q(agency_id__in=leading.values("agency_id")) | _addressed_to(user)
        )

    def addressed_to(self, user: Any) -> Self:
        """Return the invitations of the numbers that are *user*'s now. One query more."""
        return self.filter(_addressed_to(user))

    def open(self) -> Self:
        """Return those that were not answered, whatever the hour."""
        return self.filter(status=AgencyInvitation.Status.OPEN)


class AgencyInvitation(VersionedModel):
    """One number asked to join one agency in one role. It lives seven days."""

    class Status(models.TextChoices):
        OPEN = "open", _("Envoyée")
        ACCEPTED = "accepted", _("Acceptée")
        REFUSED = "refused", _("Refusée")
        WITHDRAWN = "withdrawn", _("Retirée")
        EXPIRED = "expired", _("Expirée")

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="invitations", verbose_name=_("agence")
    )
    phone = EncryptedTextField(
        _("numéro invité"), purpose="agency_invitation.phone", blank=True
    )
    """E.164, kept only until it is answered: the message needs it, nobody reads it."""
    phone_digest = models.CharField(_("empreinte du numéro"), max_length=64)
    phone_masked = models.CharField(_("numéro masqué"), max_length=16)
    role = models.CharField(_("rôle"), max_length=12, choices=AgencyRole.choices)
    rings = models.BooleanField(_("le numéro est prévenu"), default=True)
    """False when the number was rung at often enough: it waits in the app, in silence.

    Whoever invited is not told: the number's other invitations are other agencies'.
    """
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("invité par"),
    )
    expires_at = models.DateTimeField(_("expire le"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("répondu par"),
    )
    answered_at = models.DateTimeField(_("répondu le"), null=True, blank=True)

    objects = AgencyInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation d’agence")
        verbose_name_plural = _("invitations d’agences")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["agency", "-id"], name="accounts_invitation_agency"),
            models.Index(
                fields=["phone_digest"],
                condition=Q(status="open"),
                name="accounts_invitation_number",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="open"),
                name="accounts_invitation_expiry",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["agency", "phone_digest"],
                condition=Q(status="open"),
                name="accounts_invitation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    role__in=("owner", "manager", "agent", "accountant", "viewer")
                ),
                name="accounts_invitation_role",
            ),
            models.CheckConstraint(
                condition=Q(phone_digest__regex=r"^[0-9a-f]{64}$"),
                name="accounts_invitation_digest",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="accounts_invitation_lives",
            ),
            models.CheckConstraint(
                condition=Q(status="open", answered_by=None, answered_at=None)
                | Q(
                    status__in=("withdrawn", "expired"),
                    answered_by=None,
                    answered_at=None,
                    phone="",
                )
                | Q(
                    status__in=("accepted", "refused"),
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                    phone="",
                ),
                name="accounts_invitation_answer_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


_I = AgencyInvitation.Status
INVITATION_STATES = StateMachine(
    "agency_invitation",
    [
        edge(_I.OPEN, "accept", "invited", _I.ACCEPTED),
        edge(_I.OPEN, "refuse", "invited", _I.REFUSED),
        edge(_I.OPEN, "withdraw", "member system", _I.WITHDRAWN),
        edge(_I.OPEN, "expire", "system", _I.EXPIRED),
    ],
)
