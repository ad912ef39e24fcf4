"""Requests to be erased: what stands in the way, when it happens, that it happened."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.states import StateMachine, edge


class ErasureRequestQuerySet(VisibleQuerySet["ErasureRequest"]):
    """Requests, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own requests; staff reads others' in admin."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Return the requests that were not answered yet: the law's clock runs."""
        return self.filter(status__in=ErasureRequest.OPEN_STATES)


class ErasureRequest(VersionedModel):
    """One person's wish to be forgotten, answered within the law's 45 days.

    *requested* waits for what stands in the way to end; *scheduled* happens at
    ``due_at`` unless the person thinks again; *erasing* has emptied the rows and still
    holds in ``files`` what storage has to forget: whoever dies in between, the next run
    goes on from there.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("En attente d’un obstacle")
        SCHEDULED = "scheduled", _("Programmé")
        ERASING = "erasing", _("En cours")
        DONE = "done", _("Effacé")
        CANCELLED = "cancelled", _("Annulé")
        REFUSED = "refused", _("Refusé")

    OPEN_STATES = (Status.REQUESTED, Status.SCHEDULED, Status.ERASING)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.REQUESTED
    )
    obstacles = models.JSONField(_("obstacles"), default=list)
    """Codes of what stood in the way when it was last looked at."""
    checked_at = models.DateTimeField(_("obstacles revus le"))
    due_at = models.DateTimeField(_("prévu le"), null=True, blank=True)
    files = models.JSONField(_("fichiers à détruire"), default=list)
    """``[[storage, name]]`` that the emptied rows named, until each is gone."""
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("refusé par"),
    )
    reason = models.CharField(_("motif du refus"), max_length=500, blank=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande d’effacement")
        verbose_name_plural = _("demandes d’effacement")
        indexes = (
            models.Index(fields=["user", "-id"], name="accounts_erasure_own"),
            models.Index(
                fields=["created_at", "id"],
                condition=Q(status__in=("requested", "scheduled", "erasing")),
                name="accounts_erasure_clock",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(status="scheduled"),
                name="accounts_erasure_due",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status__in=("requested", "scheduled", "erasing")),
                name="accounts_erasure_one_open",
            ),
            models.CheckConstraint(
                condition=(Q(status="requested") & ~Q(obstacles=[]))
                | ~Q(status="requested"),
                name="accounts_erasure_waits_for_something",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("scheduled", "erasing", "done"))
                | Q(due_at__isnull=False, obstacles=[]),
                name="accounts_erasure_scheduled_has_day",
            ),
            models.CheckConstraint(
                condition=Q(status="erasing") | Q(files=[]),
                name="accounts_erasure_done_left_no_file",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("requested", "scheduled", "erasing"), ended_at=None
                )
                | Q(
                    status__in=("done", "cancelled", "refused"),
                    ended_at__isnull=False,
                ),
                name="accounts_erasure_ended_has_moment",
            ),
            models.CheckConstraint(
                condition=(
                    Q(status="refused", decided_by__isnull=False) & ~Q(reason="")
                )
                | (~Q(status="refused") & Q(decided_by=None, reason="")),
                name="accounts_erasure_refused_says_why",
            ),
        )
        permissions = (
            ("decide_erasurerequest", "Peut refuser une demande d’effacement"),
        )

    def __str__(self) -> str:
        return f"erasure request {self.pk}"


_S = ErasureRequest.Status
ERASURE_STATES = StateMachine(
    "erasurerequest",
    [
        edge(_S.REQUESTED, "schedule", "system", _S.SCHEDULED),
        edge(_S.SCHEDULED, "postpone", "system", _S.REQUESTED),
        edge(_S.SCHEDULED, "erase", "system", _S.ERASING),
        edge(_S.ERASING, "finish", "system", _S.DONE),
        edge(_S.REQUESTED, "cancel", "person", _S.CANCELLED),
        edge(_S.SCHEDULED, "cancel", "person", _S.CANCELLED),
        edge(_S.REQUESTED, "refuse", "staff", _S.REFUSED),
        edge(_S.SCHEDULED, "refuse", "staff", _S.REFUSED),
    ],
)
