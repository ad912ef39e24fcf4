"""The outbox: facts, and who still has to be told."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.db.models import AppendOnlyModel, BaseModel


class OutboxEvent(AppendOnlyModel):
    """One fact, written in the transaction that made it true."""

    name = models.CharField(_("événement"), max_length=80)
    subject = models.CharField(_("objet"), max_length=80)
    payload = models.JSONField(_("contenu"))
    request_id = models.CharField(_("requête"), max_length=64, blank=True)

    class Meta:
        verbose_name = "événement"
        verbose_name_plural = "événements"
        indexes = (models.Index(fields=["subject", "id"], name="core_event_subject"),)

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class Delivery(BaseModel):
    """One fact on its way to one subscriber. The row is the truth, queues only hint."""

    class Status(models.TextChoices):
        WAITING = "waiting", "En attente"
        DONE = "done", "Remis"
        PARKED = "parked", "Mis de côté"

    event = models.ForeignKey(
        OutboxEvent,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("événement"),
    )
    subscriber = models.CharField(_("abonné"), max_length=120)
    lane = models.CharField(_("file"), max_length=40)
    subject = models.CharField(_("objet"), max_length=80)
    position = models.BigIntegerField(
        _("rang"),
        db_default=Func(
            Value("core_delivery_position"),
            function="nextval",
            output_field=models.BigIntegerField(),
        ),
        editable=False,
    )
    """Order of arrival: ids come from several processes' clocks, this from one place."""
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.WAITING
    )
    available_at = models.DateTimeField(_("à remettre le"), default=clock.now)
    lease_token = models.UUIDField(_("jeton de travail"), null=True)
    lease_until = models.DateTimeField(_("travail réservé jusqu’au"), null=True)
    attempts = models.PositiveIntegerField(_("tentatives"), default=0)
    last_error = models.CharField(_("dernière erreur"), max_length=300, blank=True)
    done_at = models.DateTimeField(_("remis le"), null=True)

    version = 1
    """The back-office's decision panel asks for one; a state guards this row instead."""

    class Meta:
        verbose_name = "remise"
        verbose_name_plural = "boîte d’envoi"
        permissions = (("resend_delivery", "Peut remettre en file"),)
        indexes = (
            models.Index(
                fields=["lane", "position"],
                condition=Q(status="waiting"),
                name="core_delivery_due",
            ),
            models.Index(
                fields=["subscriber", "subject", "position"],
                condition=Q(status="waiting"),
                name="core_delivery_order",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["event", "subscriber"], name="core_delivery_once"
            ),
            models.CheckConstraint(
                condition=Q(status="done", done_at__isnull=False)
                | (~Q(status="done") & Q(done_at__isnull=True)),
                name="core_delivery_done_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(lease_token__isnull=True, lease_until__isnull=True)
                | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="core_delivery_lease_is_whole",
            ),
        )
        ordering = (F("position"),)

    def __str__(self) -> str:
        return f"{self.subscriber} <- {self.subject}"
