"""Maintenance tickets: something is broken in a home, and who pays for its repair."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel, VersionedModel, VisibleQuerySet
from lokahome.core.money import XOF, Money
from lokahome.core.states import StateMachine, edge
from properties.models.leases import Lease


class TicketQuerySet(VisibleQuerySet["Ticket"]):
    """Tickets: the two parties' of their lease."""

    def visible_to(self, user: Any) -> Self:
        """Return the tickets of leases that *user* is a party to.

        None in an agency's context: they are nobody else's.
        """
        if not user.is_authenticated or user.context is not None:
            return self.none()
        return self.filter(Q(landlord_id=user.pk) | Q(tenant_id=user.pk))


class Ticket(VersionedModel):
    """Something to repair under a lease: told, decided who pays, done."""

    class Urgency(models.TextChoices):
        NORMAL = "normal", _("Normale")
        URGENT = "urgent", _("Urgente")
        DANGER = "danger", _("Danger")

    class Payer(models.TextChoices):
        LANDLORD = "landlord", _("propriétaire")
        TENANT = "tenant", _("locataire")

    class Status(models.TextChoices):
        OPEN = "open", _("Ouverte")
        DECIDED = "decided", _("Payeur décidé")
        IN_PROGRESS = "in_progress", _("Travaux en cours")
        RESOLVED = "resolved", _("Réparée")
        CLOSED = "closed", _("Terminée")

    LIVE_STATES = (Status.OPEN, Status.DECIDED, Status.IN_PROGRESS)

    lease = models.ForeignKey(
        Lease, models.PROTECT, related_name="tickets", verbose_name=_("bail")
    )
    landlord = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("propriétaire"),
    )
    tenant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("locataire"),
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("signalée par"),
    )
    category_slug = models.CharField(_("métier"), max_length=60)
    """A category of services by its slug: they live on a floor above, so no key."""
    title = models.CharField(_("titre"), max_length=120)
    description = models.CharField(_("description"), max_length=2000)
    urgency = models.CharField(
        _("urgence"), max_length=10, choices=Urgency.choices, default=Urgency.NORMAL
    )
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.OPEN
    )
    payer = models.CharField(
        _("payeur"), max_length=10, choices=Payer.choices, blank=True
    )
    """Who pays; empty until the landlord has decided."""
    decision_reason = models.CharField(
        _("motif de la décision"), max_length=500, blank=True
    )
    decided_at = models.DateTimeField(_("décidée le"), null=True)
    contested_at = models.DateTimeField(_("contestée le"), null=True)
    """When the tenant contested to be the payer, once in a ticket's life."""
    contest_reason = models.CharField(
        _("motif de la contestation"), max_length=500, blank=True
    )
    work_ref = models.CharField(_("travaux"), max_length=80, blank=True)
    """What repairs it: an opaque ``"service_request:<uuid>"`` of the floor above."""
    cost = models.IntegerField(_("coût"), null=True)
    currency = models.CharField(_("devise"), max_length=3, default=XOF)
    resolved_at = models.DateTimeField(_("réparée le"), null=True)
    close_reason = models.CharField(
        _("motif de la clôture"), max_length=500, blank=True
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande de réparation")
        verbose_name_plural = _("demandes de réparation")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    status__in=["open", "decided", "in_progress", "resolved", "closed"]
                ),
                name="properties_ticket_status",
            ),
            models.CheckConstraint(
                condition=Q(urgency__in=["normal", "urgent", "danger"]),
                name="properties_ticket_urgency",
            ),
            models.CheckConstraint(
                condition=Q(opened_by=F("landlord")) | Q(opened_by=F("tenant")),
                name="properties_ticket_opened_by_a_party",
            ),
            models.CheckConstraint(
                condition=Q(payer="", decided_at=None, decision_reason="")
                | (
                    Q(payer__in=["landlord", "tenant"], decided_at__isnull=False)
                    & ~Q(decision_reason="")
                ),
                name="properties_ticket_decision_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(status="open", payer="")
                | Q(status="closed")
                | (Q(status__in=["decided", "in_progress", "resolved"]) & ~Q(payer="")),
                name="properties_ticket_decided_has_payer",
            ),
            models.CheckConstraint(
                condition=Q(contested_at=None, contest_reason="")
                | (
                    Q(contested_at__isnull=False) & ~Q(contest_reason="") & ~Q(payer="")
                ),
                name="properties_ticket_contest_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["in_progress", "resolved"]) & ~Q(work_ref="")
                | ~Q(status__in=["in_progress", "resolved"]) & Q(work_ref=""),
                name="properties_ticket_work_is_named",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="resolved",
                    cost__isnull=False,
                    cost__gte=0,
                    resolved_at__isnull=False,
                )
                | (~Q(status="resolved") & Q(cost=None, resolved_at=None)),
                name="properties_ticket_resolved_has_cost",
            ),
            models.CheckConstraint(
                condition=(Q(status="closed") & ~Q(close_reason=""))
                | (~Q(status="closed") & Q(close_reason="")),
                name="properties_ticket_closed_has_reason",
            ),
        )
        indexes = (
            models.Index(fields=["tenant", "-id"], name="properties_ticket_tenant"),
            models.Index(fields=["landlord", "-id"], name="properties_ticket_landlord"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def payer_person_id(self) -> UUID | None:
        """Who may have it repaired, and pays; None until it is decided."""
        people = {"landlord": self.landlord_id, "tenant": self.tenant_id}
        return people.get(self.payer)

    @property
    def cost_money(self) -> Money | None:
        """What the repair cost, once it is done."""
        return None if self.cost is None else Money(self.cost, self.currency)


_S = Ticket.Status
TICKET_STATES = StateMachine(
    "ticket",
    [
        edge(_S.OPEN, "decide", "landlord", _S.DECIDED),
        edge(_S.DECIDED, "revise", "landlord staff", _S.DECIDED),
        edge(_S.DECIDED, "begin", "system", _S.IN_PROGRESS),
        edge(_S.IN_PROGRESS, "release", "system", _S.DECIDED),
        edge(_S.IN_PROGRESS, "resolve", "system", _S.RESOLVED),
        *(
            edge(state, "close", "opener system", _S.CLOSED)
            for state in (_S.OPEN, _S.DECIDED)
        ),
    ],
)


class TicketPhoto(BaseModel):
    """A photo of what is broken: re-encoded variants, nothing of the original's."""

    ticket = models.ForeignKey(
        Ticket,
        models.CASCADE,
        related_name="photos",
        verbose_name=_("demande de réparation"),
    )
    upload_id = models.UUIDField(_("dépôt de fichier"), unique=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("ajoutée par"),
    )
    position = models.IntegerField(_("rang"))
    width = models.IntegerField(_("largeur"))
    height = models.IntegerField(_("hauteur"))
    variants = models.JSONField(_("variantes"))
    """``[{"format", "width", "height", "bytes", "key"}]``, smallest first."""

    class Meta:
        verbose_name = _("photo de réparation")
        verbose_name_plural = _("photos de réparation")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["ticket", "position"], name="properties_ticket_photo_position"
            ),
        )

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.position}"
