"""The audit log and the history of states."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.db.models import AppendOnlyModel, BaseModel


class AuditEvent(AppendOnlyModel):
    """One deed of one person (or of the system): ids and facts, no personal value."""

    action = models.CharField(_("acte"), max_length=80)
    subject = models.CharField(_("objet"), max_length=80)
    actor_id = models.UUIDField(_("auteur"), null=True)
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    details = models.JSONField(_("détails"), default=dict)
    request_id = models.CharField(_("requête"), max_length=64, blank=True)

    class Meta:
        verbose_name = "fait du journal"
        verbose_name_plural = "journal d’audit"
        indexes = (
            models.Index(fields=["subject", "-id"], name="core_audit_subject"),
            models.Index(fields=["actor_id", "-id"], name="core_audit_actor"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AuditPersonalData(BaseModel):
    """Personal values of an AuditEvent (address, agent, names): erasable, it alone."""

    event = models.OneToOneField(
        AuditEvent,
        on_delete=models.CASCADE,
        related_name="personal",
        verbose_name=_("fait du journal"),
    )
    person_id = models.UUIDField(_("personne"), null=True, db_index=True)
    values = models.JSONField(_("valeurs"), default=dict)

    def __str__(self) -> str:
        return f"personal data of {self.event_id}"


class StateChange(AppendOnlyModel):
    """One step of one object's life; written by `StateMachine.apply` only."""

    subject = models.CharField(_("objet"), max_length=80)
    source = models.CharField(_("état de départ"), max_length=40, blank=True)
    action = models.CharField(_("acte"), max_length=40)
    target = models.CharField(_("état d’arrivée"), max_length=40)
    actor_id = models.UUIDField(_("auteur"), null=True)
    actor_kind = models.CharField(_("nature de l’auteur"), max_length=20)
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("créé le"), default=clock.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=["subject", "id"], name="core_state_subject"),)

    def __str__(self) -> str:
        return f"{self.subject}: {self.source} -> {self.target}"
