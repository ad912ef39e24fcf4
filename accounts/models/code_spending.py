"""What codes cost a day: SMS are money, and floods of them are somebody's income."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel


class CodeSpending(BaseModel):
    """Messages sent on one day of Benin's clocks, to one country or (empty) to all.

    One row is counted up under its lock: exact however many ask at once.
    """

    day = models.DateField(_("jour"))
    prefix = models.CharField(_("indicatif"), max_length=4, blank=True)
    sent = models.PositiveIntegerField(_("envois"), default=0)
    cost = models.PositiveIntegerField(_("coût (F)"), default=0)
    warned_percent = models.PositiveSmallIntegerField(_("seuil annoncé (%)"), default=0)
    """The last part of the day's money at which the operators were told."""

    class Meta:
        verbose_name = _("dépense de codes")
        verbose_name_plural = _("dépenses de codes")
        constraints = (
            models.UniqueConstraint(
                fields=["day", "prefix"], name="accounts_spending_day"
            ),
            models.CheckConstraint(
                condition=Q(prefix__regex=r"^[0-9]{0,4}$"),
                name="accounts_spending_prefix",
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.prefix}"
