"""Agencies: organisations that work for landlords, and who belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge

IFU = r"^[0-9]{13}$"


@dataclass(frozen=True, slots=True)
class AgencyContext:
    """In which agency's name a request is made, and in which role there."""

    agency_id: UUID
    role: str


class AgencyQuerySet(VisibleQuerySet["Agency"]):
    """Agencies, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return the agencies that *user* belongs to; staff reads others in admin."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.active().filter(user_id=user.pk)
        return self.filter(pk__in=mine.values("agency_id"))

    def living(self) -> Self:
        """Return the agencies that were not closed."""
        return self.exclude(status=Agency.Status.CLOSED)

    def active(self) -> Self:
        """Return the agencies whose file was checked: they may hold mandates."""
        return self.filter(status=Agency.Status.ACTIVE)


class Agency(VersionedModel):
    """One organisation. It may work once staff have checked its file."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Dossier à vérifier")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspendue")
        CLOSED = "closed", _("Fermée")

    OPERATING_STATES = (Status.DRAFT, Status.ACTIVE)
    """States in which a member may act in the agency's name at all."""

    name = models.CharField(_("nom"), max_length=120)
    ifu = models.CharField(_("numéro IFU"), max_length=13, blank=True)
    rccm = models.CharField(_("numéro RCCM"), max_length=40, blank=True)
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("créée par"),
    )
    status_reason = models.CharField(
        _("motif de la décision"), max_length=500, blank=True
    )

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agence")
        verbose_name_plural = _("agences")
        ordering = ("-id",)
        permissions = (("decide_agency", _("Décider des agences")),)
        indexes = (
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="draft"),
                name="accounts_agency_waiting",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=~Q(name=""), name="accounts_agency_has_name"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "active", "suspended", "closed")),
                name="accounts_agency_status",
            ),
            models.CheckConstraint(
                condition=Q(ifu="") | Q(ifu__regex=IFU), name="accounts_agency_ifu"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "closed"))
                | (~Q(ifu="") & ~Q(rccm="")),
                name="accounts_agency_checked_is_registered",
            ),
            models.CheckConstraint(
                condition=~Q(status="suspended") | ~Q(status_reason=""),
                name="accounts_agency_suspended_has_reason",
            ),
            # Drafts may claim any number: refusing one would tell that it is taken.
            models.UniqueConstraint(
                fields=["ifu"],
                condition=Q(status__in=("active", "suspended")),
                name="accounts_agency_one_per_ifu",
            ),
        )

    def __str__(self) -> str:
        return self.name


_A = Agency.Status
AGENCY_STATES = StateMachine(
    "agency",
    [
        edge(_A.DRAFT, "activate", "staff", _A.ACTIVE),
        edge(_A.ACTIVE, "suspend", "staff", _A.SUSPENDED),
        edge(_A.SUSPENDED, "activate", "staff", _A.ACTIVE),
        edge(_A.DRAFT, "close", "owner", _A.CLOSED),
        edge(_A.ACTIVE, "close", "owner", _A.CLOSED),
    ],
)


class AgencyRole(models.TextChoices):
    """What a member may do: `accounts.policies.agencies` says it in full."""

    OWNER = "owner", _("gérant principal")
    MANAGER = "manager", _("responsable")
    AGENT = "agent", _("agent")
    ACCOUNTANT = "accountant", _("comptable")
    VIEWER = "viewer", _("lecture seule")


class MembershipQuerySet(VisibleQuerySet["Membership"]):
    """Members, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return the members, past ones included, of *user*'s own agencies."""
        if not user.is_authenticated:
            return self.none()
        mine = Membership.objects.active().filter(user_id=user.pk)
        return self.filter(agency_id__in=mine.values("agency_id"))

    def active(self) -> Self:
        """Return those who belong to an agency now."""
        return self.filter(status=Membership.Status.ACTIVE)

    def owners(self) -> Self:
        """Return those who own an agency now."""
        return self.active().filter(role=AgencyRole.OWNER)


class Membership(VersionedModel):
    """One person in one agency, from joining until being removed."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Membre")
        REMOVED = "removed", _("Parti")

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="memberships", verbose_name=_("agence")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="memberships",
        verbose_name=_("personne"),
    )
    role = models.CharField(_("rôle"), max_length=12, choices=AgencyRole.choices)
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.ACTIVE
    )
    removed_at = models.DateTimeField(_("parti le"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membre d’agence")
        verbose_name_plural = _("membres d’agences")
        ordering = ("id",)
        indexes = (
            models.Index(fields=["agency", "id"], name="accounts_member_agency"),
            models.Index(
                fields=["user", "agency"],
                condition=Q(status="active"),
                name="accounts_member_user",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["agency", "user"],
                condition=Q(status="active"),
                name="accounts_member_once_an_agency",
            ),
            models.CheckConstraint(
                condition=Q(
                    role__in=("owner", "manager", "agent", "accountant", "viewer")
                ),
                name="accounts_member_role",
            ),
            models.CheckConstraint(
                condition=Q(status="active", removed_at=None)
                | Q(status="removed", removed_at__gte=F("created_at")),
                name="accounts_member_removed_has_moment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"


MEMBERSHIP_STATES = StateMachine(
    "membership",
    [
        edge(
            Membership.Status.ACTIVE,
            "remove",
            "member system",
            Membership.Status.REMOVED,
        ),
    ],
)
