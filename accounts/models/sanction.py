"""Sanctions: what the staff did to somebody's account, for how long, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.case import Case
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge

ALONE_DAYS = 30
"""Beyond this many days, and for a ban, one member of staff is not enough."""


class SanctionQuerySet(VisibleQuerySet["Sanction"]):
    """Sanctions, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own once they count; staff reads others' in admin."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(person_id=user.pk, starts_at__isnull=False)

    def live(self) -> Self:
        """Return the sanctions that are in force."""
        return self.filter(status=Sanction.Status.ACTIVE)

    def closing(self) -> Self:
        """Return those that close an account while they are in force."""
        return self.filter(kind__in=Sanction.CLOSING)

    def over(self, now: Any) -> Self:
        """Return those in force whose time had come to an end by *now*."""
        return self.live().filter(ends_at__lte=now)


class Sanction(VersionedModel):
    """One measure against one person: a warning, a restriction, a closed account.

    It waits as ``proposed`` until it starts: at once by one member of staff, or by the
    approval of another one where its weight asks for two people.
    """

    class Kind(models.TextChoices):
        WARN = "warn", _("Avertissement")
        RESTRICT = "restrict", _("Restriction")
        SUSPEND = "suspend", _("Suspension")
        BAN = "ban", _("Exclusion")

    class Reason(models.TextChoices):
        SCAM = "scam", _("Arnaque ou fausse offre")
        OFF_PLATFORM = "off_platform", _("Paiement demandé hors de LOKAHOME")
        FALSE = "false", _("Informations fausses")
        OFFENSIVE = "offensive", _("Insultes, menaces ou harcèlement")
        DISCRIMINATION = "discrimination", _("Discrimination")
        DANGER = "danger", _("Danger pour quelqu’un")
        IDENTITY_FRAUD = "identity_fraud", _("Pièce falsifiée ou d’autrui")
        PAYMENT_FRAUD = "payment_fraud", _("Fraude au paiement")
        OTHER = "other", _("Autre")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Attend une seconde personne")
        ACTIVE = "active", _("En vigueur")
        REFUSED = "refused", _("Non approuvée")
        EXPIRED = "expired", _("Terminée")
        LIFTED = "lifted", _("Levée")

    CLOSING = ("suspend", "ban")
    """Kinds with which nobody signs in."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="sanctions",
        verbose_name=_("personne"),
    )
    kind = models.CharField(_("nature"), max_length=10, choices=Kind.choices)
    reason = models.CharField(_("motif"), max_length=20, choices=Reason.choices)
    words = models.CharField(_("motif interne"), max_length=500)
    """Why, for the staff; the person reads *notice*."""
    notice = models.CharField(_("texte pour la personne"), max_length=500)
    days = models.PositiveSmallIntegerField(_("durée en jours"), null=True, blank=True)
    """None for a warning, and for what has no end."""
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.PROPOSED
    )
    case = models.ForeignKey(
        Case,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sanctions",
        verbose_name=_("dossier"),
    )
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("remplace"),
    )
    """The heavier one that an appeal reduced to this one."""
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("décidée par"),
    )
    second_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("seconde personne"),
    )
    starts_at = models.DateTimeField(_("en vigueur depuis"), null=True, blank=True)
    ends_at = models.DateTimeField(_("en vigueur jusqu’au"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("levée le"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("levée par"),
    )
    lift_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("levée demandée par"),
    )
    """Who asked to lift what two people decided; another one agrees."""
    lift_reason = models.CharField(_("motif de la levée"), max_length=500, blank=True)

    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")
        indexes = (
            models.Index(fields=["person", "-id"], name="accounts_sanction_person"),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="proposed"),
                name="accounts_sanction_waiting",
            ),
            models.Index(
                fields=["ends_at"],
                condition=Q(status="active"),
                name="accounts_sanction_ending",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(status__in=("proposed", "active")) & ~Q(kind="warn"),
                name="accounts_sanction_one_live",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("warn", "restrict", "suspend", "ban")),
                name="accounts_sanction_kind",
            ),
            models.CheckConstraint(
                condition=Q(
                    reason__in=(
                        "scam",
                        "off_platform",
                        "false",
                        "offensive",
                        "discrimination",
                        "danger",
                        "identity_fraud",
                        "payment_fraud",
                        "other",
                    )
                ),
                name="accounts_sanction_reason",
            ),
            models.CheckConstraint(
                condition=~Q(words="") & ~Q(notice=""),
                name="accounts_sanction_says_why",
            ),
            models.CheckConstraint(
                condition=Q(days=None)
                | Q(kind__in=("restrict", "suspend"), days__gte=1, days__lte=3650),
                name="accounts_sanction_days",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("proposed", "refused"),
                    starts_at=None,
                    ends_at=None,
                    lifted_at=None,
                )
                | Q(status="active", starts_at__isnull=False, lifted_at=None)
                | Q(status="expired", ends_at__isnull=False, lifted_at=None)
                | (
                    Q(status="lifted", starts_at__isnull=False, lifted_at__isnull=False)
                    & ~Q(lift_reason="")
                ),
                name="accounts_sanction_state_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None)
                | Q(days=None, ends_at=None)
                | Q(days__gte=1, ends_at__gt=F("starts_at")),
                name="accounts_sanction_end_has_days",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("proposed", "refused"))
                | Q(second_by__isnull=False)
                | Q(kind="warn")
                | Q(
                    kind__in=("restrict", "suspend"),
                    ends_at__lte=F("starts_at") + timedelta(days=ALONE_DAYS),
                ),
                name="accounts_sanction_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(second_by=None) | ~Q(second_by=F("decided_by")),
                name="accounts_sanction_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("person"))
                & (Q(second_by=None) | ~Q(second_by=F("person")))
                & (Q(lifted_by=None) | ~Q(lifted_by=F("person")))
                & (Q(lift_asked_by=None) | ~Q(lift_asked_by=F("person"))),
                name="accounts_sanction_not_by_oneself",
            ),
            models.CheckConstraint(
                condition=Q(lift_asked_by=None)
                | (
                    Q(status__in=("active", "expired", "lifted"))
                    & ~Q(lift_reason="")
                    & (Q(lifted_by=None) | ~Q(lifted_by=F("lift_asked_by")))
                ),
                name="accounts_sanction_lifted_by_another",
            ),
        )
        permissions = (
            ("impose_sanction", "Peut sanctionner un compte"),
            ("approve_sanction", "Peut approuver une sanction lourde"),
            ("lift_sanction", "Peut lever une sanction"),
        )

    def __str__(self) -> str:
        return str(self.get_kind_display())


SANCTION_STATES = StateMachine(
    "sanction",
    [
        edge(Sanction.Status.PROPOSED, "start", "staff", Sanction.Status.ACTIVE),
        edge(Sanction.Status.PROPOSED, "approve", "staff", Sanction.Status.ACTIVE),
        edge(Sanction.Status.PROPOSED, "refuse", "staff", Sanction.Status.REFUSED),
        edge(Sanction.Status.ACTIVE, "ask_lift", "staff", Sanction.Status.ACTIVE),
        edge(Sanction.Status.ACTIVE, "keep", "staff", Sanction.Status.ACTIVE),
        edge(Sanction.Status.ACTIVE, "lift", "staff", Sanction.Status.LIFTED),
        edge(Sanction.Status.ACTIVE, "expire", "system", Sanction.Status.EXPIRED),
    ],
)
