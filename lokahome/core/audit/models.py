"""The audit log and the history of states."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
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


class AuditEntry(AppendOnlyModel):
    """One sealed row: its place in the chain and the digest that it had then.

    No foreign key to the row: that it is gone is what the chain has to show.
    """

    class Source(models.TextChoices):
        EVENT = "event", _("Fait du journal")
        STATE = "state", _("Étape d’un objet")

    position = models.BigIntegerField(_("rang"))
    source = models.CharField(_("nature"), max_length=10, choices=Source.choices)
    row_id = models.UUIDField(_("ligne"))
    digest = models.CharField(_("empreinte"), max_length=64)

    class Meta:
        verbose_name = "ligne scellée"
        verbose_name_plural = "lignes scellées"
        constraints = (
            models.UniqueConstraint(
                fields=["position"], name="core_audit_entry_position"
            ),
            models.UniqueConstraint(
                fields=["source", "row_id"], name="core_audit_entry_once"
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1), name="core_audit_entry_from_one"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["event", "state"]),
                name="core_audit_entry_source",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.source} {self.row_id}"


class AuditSeal(AppendOnlyModel):
    """A batch of entries under one HMAC, which includes the seal before."""

    position = models.BigIntegerField(_("rang"))
    first_entry = models.BigIntegerField(_("première ligne"))
    last_entry = models.BigIntegerField(_("dernière ligne"))
    entries_digest = models.CharField(_("empreinte des lignes"), max_length=64)
    previous = models.CharField(_("sceau précédent"), max_length=64)
    key_id = models.CharField(_("clé"), max_length=16)
    seal = models.CharField(_("sceau"), max_length=64)

    class Meta:
        verbose_name = "sceau du journal"
        verbose_name_plural = "sceaux du journal"
        constraints = (
            models.UniqueConstraint(
                fields=["position"], name="core_audit_seal_position"
            ),
            models.UniqueConstraint(
                fields=["previous"], name="core_audit_seal_no_fork"
            ),
            models.UniqueConstraint(
                fields=["first_entry"], name="core_audit_seal_first_entry"
            ),
            models.CheckConstraint(
                condition=Q(position__gte=1, first_entry__gte=1),
                name="core_audit_seal_from_one",
            ),
            models.CheckConstraint(
                condition=Q(last_entry__gte=F("first_entry")),
                name="core_audit_seal_holds_entries",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.seal[:8]}"
