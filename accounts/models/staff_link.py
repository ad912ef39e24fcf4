"""Which private account is a member of staff's own: nobody judges their own matter."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class StaffLinkQuerySet(VisibleQuerySet["StaffLink"]):
    """Declarations, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return nothing: they are read in the back-office, by who leads the staff."""
        return self.none()

    def living(self) -> Self:
        """Return the declarations that stand, checked by a second person or not."""
        return self.filter(status__in=StaffLink.LIVING_STATES)


class StaffLink(VersionedModel):
    """That *staff* and *person* are accounts of one human; *person* None: has no other.

    It counts from its declaration on, so that waiting for a lead to check it opens
    nothing; ended, it was a mistake. Several may stand: a human may have lost a number,
    or wear two hats in the staff.
    """

    class Status(models.TextChoices):
        DECLARED = "declared", _("À vérifier")
        CONFIRMED = "confirmed", _("Vérifié")
        ENDED = "ended", _("Retiré")

    LIVING_STATES = (Status.DECLARED, Status.CONFIRMED)

    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="staff_links",
        verbose_name=_("membre de l’équipe"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="staff_accounts",
        verbose_name=_("compte personnel"),
    )
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.DECLARED
    )
    declared_at = models.DateTimeField(_("déclaré le"))
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("déclaré par"),
    )
    """None: at the command line, with the account."""
    confirmed_at = models.DateTimeField(_("vérifié le"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("vérifié par"),
    )
    ended_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    objects = StaffLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("compte personnel d’un membre de l’équipe")
        verbose_name_plural = _("comptes personnels de l’équipe")
        indexes = (
            models.Index(fields=["person"], name="accounts_stafflink_person"),
            models.Index(
                fields=["declared_at", "id"],
                condition=Q(status="declared"),
                name="accounts_stafflink_waiting",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["staff", "person"],
                condition=Q(status__in=("declared", "confirmed")),
                nulls_distinct=False,
                name="accounts_stafflink_once",
            ),
            models.CheckConstraint(
                condition=Q(person=None) | ~Q(person=F("staff")),
                name="accounts_stafflink_two_accounts",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="declared",
                    confirmed_at=None,
                    confirmed_by=None,
                    ended_at=None,
                )
                | Q(
                    status="confirmed",
                    confirmed_at__isnull=False,
                    confirmed_by__isnull=False,
                    ended_at=None,
                )
                | Q(status="ended", ended_at__isnull=False),
                name="accounts_stafflink_state_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None)
                | (
                    ~Q(confirmed_by=F("staff"))
                    & (Q(declared_by=None) | ~Q(confirmed_by=F("declared_by")))
                ),
                name="accounts_stafflink_two_people",
            ),
        )
        permissions = (("manage_staff", "Peut changer l’équipe"),)

    def __str__(self) -> str:
        return f"staff link {self.pk}"


STAFF_LINK_STATES = StateMachine(
    "stafflink",
    [
        edge(StaffLink.Status.DECLARED, "confirm", "staff", StaffLink.Status.CONFIRMED),
        edge(StaffLink.Status.DECLARED, "end", "staff", StaffLink.Status.ENDED),
        edge(StaffLink.Status.CONFIRMED, "end", "staff", StaffLink.Status.ENDED),
    ],
)
