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

    Between the staff and a private account it counts from its declaration on, so that
    waiting for a lead to check it opens nothing. Two of the staff it makes one human
    only once it is confirmed, so that one lead alone does not say so of all the others.
    What two people confirmed, two people end: one asks (*end_asked_by*), it counts on
    until another agrees. Ended, it was a mistake. Several may stand: a human may have
    lost a number, or wear two hats in the staff.
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
    end_asked_at = models.DateTimeField(_("fin demandée le"), null=True, blank=True)
    end_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("fin demandée par"),
    )
    ended_at = models.DateTimeField(_("retiré le"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("retiré par"),
    )
    """None: at the command line, or not ended."""

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
            models.CheckConstraint(
                condition=Q(end_asked_at=None, end_asked_by=None)
                | Q(
                    end_asked_at__isnull=False,
                    end_asked_by__isnull=False,
                    confirmed_by__isnull=False,
                ),
                name="accounts_stafflink_end_is_asked",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None)
                | (
                    Q(ended_at__isnull=False)
                    & (
                        Q(person=None)
                        | ~Q(ended_by=F("staff")) & Q(confirmed_by=None)
                        | ~Q(ended_by=F("staff"))
                        & Q(end_asked_by__isnull=False)
                        & ~Q(ended_by=F("end_asked_by"))
                    )
                ),
                name="accounts_stafflink_two_end",
            ),
        )
        permissions = (("manage_staff", "Peut changer l’équipe"),)

    def __str__(self) -> str:
        return f"staff link {self.pk}"


STAFF_LINK_STATES = StateMachine(
    "stafflink",
    [
        edge(StaffLink.Status.DECLARED, "confirm", "staff", StaffLink.Status.CONFIRMED),
        edge(
            StaffLink.Status.CONFIRMED, "ask_end", "staff", StaffLink.Status.CONFIRMED
        ),
        edge(StaffLink.Status.DECLARED, "end", "staff", StaffLink.Status.ENDED),
        edge(StaffLink.Status.CONFIRMED, "end", "staff", StaffLink.Status.ENDED),
    ],
)
