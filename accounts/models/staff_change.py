"""What was done to a colleague's account: its groups, its end, its ways in."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class StaffChangeQuerySet(VisibleQuerySet["StaffChange"]):
    """Changes, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return nothing: they are read in the back-office, by who leads the staff."""
        return self.none()

    def waiting(self) -> Self:
        """Return those that a second person has to approve."""
        return self.filter(status=StaffChange.Status.PROPOSED)


class StaffChange(VersionedModel):
    """One change of one colleague's account, at once or after a second person agreed.

    Two people are asked where the account leads the staff, handles money or breaks the
    glass, or is about to (*needs_two*).
    """

    class Kind(models.TextChoices):
        GROUPS = "groups", _("Changer les groupes")
        CLOSE = "close", _("Fermer le compte")
        REOPEN = "reopen", _("Rouvrir le compte")
        PASSWORD = "password", _("Remettre un nouveau mot de passe")
        FACTORS = "factors", _("Retirer le second facteur")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Attend une seconde personne")
        DONE = "done", _("Fait")
        REFUSED = "refused", _("Non approuvé")
        WITHDRAWN = "withdrawn", _("Retiré")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="staff_changes",
        verbose_name=_("membre de l’équipe"),
    )
    kind = models.CharField(_("changement"), max_length=10, choices=Kind.choices)
    groups = models.JSONField(_("groupes"), default=list)
    """Names, sorted: those that the account has afterwards."""
    reason = models.CharField(_("motif"), max_length=500)
    needs_two = models.BooleanField(_("à deux"))
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.PROPOSED
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("demandé par"),
    )
    """None: at the command line."""
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("décidé par"),
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)

    objects = StaffChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("changement dans l’équipe")
        verbose_name_plural = _("changements dans l’équipe")
        indexes = (
            models.Index(fields=["person", "-id"], name="accounts_staffchange_person"),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status="proposed"),
                name="accounts_staffchange_waiting",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status="proposed"),
                name="accounts_staffchange_one_waiting",
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=("groups", "reopen")) & ~Q(groups=[]))
                | Q(kind__in=("close", "password", "factors"), groups=[]),
                name="accounts_staffchange_kind",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="accounts_staffchange_says_why"
            ),
            models.CheckConstraint(
                condition=Q(status="proposed", decided_by=None, decided_at=None)
                | Q(
                    status__in=("done", "refused", "withdrawn"),
                    decided_at__isnull=False,
                ),
                name="accounts_staffchange_state_is_whole",
            ),
            models.CheckConstraint(
                condition=(Q(proposed_by=None) | ~Q(proposed_by=F("person")))
                & (Q(decided_by=None) | ~Q(decided_by=F("person"))),
                name="accounts_staffchange_not_by_oneself",
            ),
            models.CheckConstraint(
                condition=Q(needs_two=False)
                | ~Q(status="done")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="accounts_staffchange_four_eyes",
            ),
        )

    def __str__(self) -> str:
        return str(self.get_kind_display())


STAFF_CHANGE_STATES = StateMachine(
    "staffchange",
    [
        edge(
            StaffChange.Status.PROPOSED, "carry_out", "staff", StaffChange.Status.DONE
        ),
        edge(StaffChange.Status.PROPOSED, "approve", "staff", StaffChange.Status.DONE),
        edge(
            StaffChange.Status.PROPOSED, "refuse", "staff", StaffChange.Status.REFUSED
        ),
        edge(
            StaffChange.Status.PROPOSED,
            "withdraw",
            "staff",
            StaffChange.Status.WITHDRAWN,
        ),
    ],
)
