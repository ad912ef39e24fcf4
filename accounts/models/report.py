"""Reports: what people say is wrong with something that others wrote."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.case import Case
from lokahome.core.db.models import VersionedModel, VisibleQuerySet


class ReportQuerySet(VisibleQuerySet["Report"]):
    """Reports, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own reports; staff reads others' on the page of the case."""
        return (
            self.filter(reporter_id=user.pk) if user.is_authenticated else self.none()
        )

    def open(self) -> Self:
        """Return the reports that wait for a decision."""
        return self.filter(closed_at=None)


class Report(VersionedModel):
    """One person's report of one thing. The decision of its case closes it."""

    class Reason(models.TextChoices):
        SCAM = "scam", _("Arnaque ou fausse offre")
        OFF_PLATFORM = "off_platform", _("Paiement demandé hors de LOKAHOME")
        FALSE = "false", _("Informations fausses")
        OFFENSIVE = "offensive", _("Insultes, menaces ou harcèlement")
        DISCRIMINATION = "discrimination", _("Discrimination")
        DANGER = "danger", _("Danger pour quelqu’un")
        OTHER = "other", _("Autre")

    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="reports",
        verbose_name=_("auteur du signalement"),
    )
    subject = models.CharField(_("objet"), max_length=80)
    reason = models.CharField(_("motif"), max_length=20, choices=Reason.choices)
    detail = models.CharField(_("précisions"), max_length=1000, blank=True)
    case = models.ForeignKey(
        Case,
        on_delete=models.PROTECT,
        related_name="reports",
        verbose_name=_("dossier"),
    )
    closed_at = models.DateTimeField(_("clos le"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("signalement")
        verbose_name_plural = _("signalements")
        indexes = (
            models.Index(fields=["reporter", "-id"], name="accounts_report_own"),
            models.Index(fields=["case", "-id"], name="accounts_report_case"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["reporter", "subject"],
                condition=Q(closed_at=None),
                name="accounts_report_one_open",
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
                        "other",
                    )
                ),
                name="accounts_report_reason",
            ),
            models.CheckConstraint(
                condition=~Q(reason="other") | ~Q(detail=""),
                name="accounts_report_other_says_what",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("created_at")),
                name="accounts_report_closed_after_made",
            ),
        )

    def __str__(self) -> str:
        return f"report of {self.subject}"
