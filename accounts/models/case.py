"""Cases: something a person on the staff has to look at and decide."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge

VIEW_CASE = "accounts.view_case"


class CaseQuerySet(VisibleQuerySet["Case"]):
    """Cases, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return every case to staff who handle some, none to others."""
        if user.is_authenticated and user.is_staff and user.has_perm(VIEW_CASE):
            return self
        return self.none()

    def open(self) -> Self:
        """Return the cases that wait for a decision."""
        return self.filter(status=Case.Status.OPEN)


class Case(VersionedModel):
    """A question about an opaque subject, the evidence, and the answer staff gave."""

    class Queue(models.TextChoices):
        LISTINGS = "listings", _("Annonces à modérer")
        IDENTITIES = "identities", _("Identités")
        REPORTS = "reports", _("Signalements")
        DISPUTES = "disputes", _("Litiges")
        PAYMENTS = "payments", _("Exceptions de paiement")
        APPEALS = "appeals", _("Recours")

    class Status(models.TextChoices):
        OPEN = "open", _("Ouvert")
        DECIDED = "decided", _("Décidé")

    kind = models.CharField(_("nature"), max_length=60)
    queue = models.CharField(_("file"), max_length=20, choices=Queue.choices)
    subject = models.CharField(_("objet"), max_length=80)
    title = models.CharField(_("titre"), max_length=200)
    evidence = models.JSONField(_("éléments"), default=dict)
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.OPEN
    )
    opened_at = models.DateTimeField(_("ouvert le"), default=clock.now)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("pris en charge par"),
    )
    claimed_at = models.DateTimeField(_("pris en charge le"), null=True, blank=True)
    decision = models.CharField(_("décision"), max_length=60, blank=True)
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidé par"),
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("dossier")
        verbose_name_plural = _("dossiers")
        indexes = (
            models.Index(
                fields=["queue", "opened_at", "id"],
                condition=Q(status="open"),
                name="accounts_case_waiting",
            ),
            models.Index(fields=["subject", "-id"], name="accounts_case_subject"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(status="open"),
                name="accounts_case_one_open",
            ),
            models.CheckConstraint(
                condition=Q(
                    queue__in=(
                        "listings",
                        "identities",
                        "reports",
                        "disputes",
                        "payments",
                        "appeals",
                    )
                ),
                name="accounts_case_queue",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_at=None)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False),
                name="accounts_case_claim_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="open",
                    decision="",
                    reason="",
                    decided_by=None,
                    decided_at=None,
                )
                | (
                    Q(status="decided", decided_at__isnull=False)
                    & ~Q(decision="")
                    & ~Q(reason="")
                ),
                name="accounts_case_decided_is_whole",
            ),
        )
        permissions = (
            ("decide_listings_case", "Peut décider les dossiers d’annonces"),
            ("decide_identities_case", "Peut décider les dossiers d’identité"),
            ("decide_reports_case", "Peut décider les signalements"),
            ("decide_disputes_case", "Peut décider les litiges"),
            ("decide_payments_case", "Peut décider les exceptions de paiement"),
            ("decide_appeals_case", "Peut décider les recours"),
            ("assign_case", "Peut confier un dossier à quelqu’un"),
        )

    def __str__(self) -> str:
        return self.title


CASE_STATES = StateMachine(
    "case",
    [edge(Case.Status.OPEN, "decide", "staff system", Case.Status.DECIDED)],
)
