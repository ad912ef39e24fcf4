"""Runs of the reconciliation: what was compared, and what it found."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel


class ReconciliationRun(BaseModel):
    """One comparison of a gateway's list, our own rows and our ledger over a window.

    What comes in (charges) and what goes out (transfers) are two lists of the gateway,
    so two runs. Sums are in XOF. Differences are cases of the ``payments`` queue; their number by
    class is in ``differences``.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("En cours")
        AGREED = "agreed", _("Tout concorde")
        DIFFERENT = "different", _("Écarts trouvés")
        UNANSWERED = "unanswered", _("Passerelle injoignable")

    class Flow(models.TextChoices):
        IN = "in", _("Encaissements")
        OUT = "out", _("Envois")

    gateway = models.CharField(_("passerelle"), max_length=20)
    flow = models.CharField(
        _("sens"), max_length=3, choices=Flow.choices, default=Flow.IN
    )
    window_from = models.DateTimeField(_("du"))
    window_until = models.DateTimeField(_("au"))
    state = models.CharField(
        _("état"), max_length=12, choices=State.choices, default=State.RUNNING
    )
    started_at = models.DateTimeField(_("commencé le"))
    ended_at = models.DateTimeField(_("terminé le"), null=True)
    listed = models.PositiveIntegerField(_("opérations de la passerelle"), default=0)
    listed_paid = models.PositiveIntegerField(_("dont payées"), default=0)
    listed_sum = models.BigIntegerField(_("total payé selon elle"), default=0)
    listed_fees = models.BigIntegerField(_("frais selon elle"), default=0)
    ours = models.PositiveIntegerField(_("paiements chez nous"), default=0)
    ours_captured = models.PositiveIntegerField(_("dont encaissés"), default=0)
    ours_sum = models.BigIntegerField(_("total encaissé"), default=0)
    ledger_sum = models.BigIntegerField(_("total au grand livre"), default=0)
    healed = models.PositiveIntegerField(_("réparés"), default=0)
    differences = models.JSONField(_("écarts par classe"), default=dict)

    class Meta:
        verbose_name = _("rapprochement")
        verbose_name_plural = _("rapprochements")
        constraints = (
            models.CheckConstraint(
                condition=Q(window_from__lt=F("window_until")),
                name="reconciliation_window_has_length",
            ),
            models.CheckConstraint(
                condition=Q(flow__in=("in", "out")), name="reconciliation_flow_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | (~Q(state="running") & Q(ended_at__isnull=False)),
                name="reconciliation_ended_has_moment",
            ),
        )
        indexes = (
            models.Index(fields=["gateway", "-id"], name="reconciliation_of_gateway"),
        )

    def __str__(self) -> str:
        return _("Rapprochement du %s") % date_format(
            localtime(self.started_at), "DATETIME_FORMAT"
        )
