"""Appeals: somebody asks that another person looks at a decision again."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.case import Case
from accounts.models.sanction import Sanction
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class AppealQuerySet(VisibleQuerySet["Appeal"]):
    """Appeals, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own appeals; staff reads others' in admin."""
        return self.filter(person_id=user.pk) if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Return the appeals that wait for an answer."""
        return self.filter(status=Appeal.Status.OPEN)


class Appeal(VersionedModel):
    """One person's appeal against one sanction or one decided case.

    Who decided first, and who approved it, stand on the row: the table itself refuses
    an answer by either.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("À examiner")
        UPHELD = "upheld", _("Décision confirmée")
        OVERTURNED = "overturned", _("Décision annulée")
        MODIFIED = "modified", _("Décision modifiée")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="appeals",
        verbose_name=_("personne"),
    )
    sanction = models.ForeignKey(
        Sanction,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appeals",
        verbose_name=_("sanction"),
    )
    case = models.ForeignKey(
        Case,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="appeals",
        verbose_name=_("dossier"),
    )
    words = models.CharField(_("ce que dit la personne"), max_length=1000)
    status = models.CharField(
        _("état"), max_length=12, choices=Status.choices, default=Status.OPEN
    )
    first_decider = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("premier décideur"),
    )
    first_second = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("seconde personne de la décision"),
    )
    answer = models.CharField(_("réponse"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidé par"),
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("recours")
        verbose_name_plural = _("recours")
        indexes = (
            models.Index(fields=["person", "-id"], name="accounts_appeal_own"),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="open"),
                name="accounts_appeal_waiting",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["sanction"],
                condition=Q(sanction__isnull=False, status="open"),
                name="accounts_appeal_one_per_sanction",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(case__isnull=False, status="open"),
                name="accounts_appeal_one_per_case",
            ),
            models.CheckConstraint(
                condition=Q(sanction__isnull=False, case=None)
                | Q(sanction=None, case__isnull=False),
                name="accounts_appeal_of_one_decision",
            ),
            models.CheckConstraint(
                condition=~Q(words=""), name="accounts_appeal_says_why"
            ),
            models.CheckConstraint(
                condition=Q(status="open", answer="", decided_by=None, decided_at=None)
                | (
                    Q(
                        status__in=("upheld", "overturned", "modified"),
                        decided_by__isnull=False,
                        decided_at__isnull=False,
                    )
                    & ~Q(answer="")
                ),
                name="accounts_appeal_decided_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | (
                    ~Q(decided_by=F("person"))
                    & (Q(first_decider=None) | ~Q(decided_by=F("first_decider")))
                    & (Q(first_second=None) | ~Q(decided_by=F("first_second")))
                ),
                name="accounts_appeal_other_decider",
            ),
            models.CheckConstraint(
                condition=~Q(status="modified") | Q(sanction__isnull=False),
                name="accounts_appeal_modifies_sanctions",
            ),
        )

    def __str__(self) -> str:
        return f"appeal {self.pk}"


APPEAL_STATES = StateMachine(
    "appeal",
    [
        edge(Appeal.Status.OPEN, "uphold", "staff", Appeal.Status.UPHELD),
        edge(Appeal.Status.OPEN, "overturn", "staff", Appeal.Status.OVERTURNED),
        edge(Appeal.Status.OPEN, "modify", "staff", Appeal.Status.MODIFIED),
    ],
)
