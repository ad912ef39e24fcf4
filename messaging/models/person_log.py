"""Each person's own log of what happened in their conversations: the socket's truth."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel
from messaging.models.conversations import Conversation


class PersonLog(BaseModel):
    """Where one person's log stands. Its lock gives out ``useq`` without a gap.

    A sequence would not do: its numbers are taken before the commit, so a reader would
    pass over what commits later. ``epoch`` changes when a backup is restored: cursors of
    before then mean nothing.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    epoch = models.UUIDField(_("époque"), default=uuid4)
    last_useq = models.PositiveBigIntegerField(_("dernier numéro"), default=0)

    class Meta:
        verbose_name = _("fil d’une personne")
        verbose_name_plural = _("fils des personnes")

    def __str__(self) -> str:
        return f"{self.person_id} {self.last_useq}"


class PersonEvent(BaseModel):
    """One thing that one person's devices have to learn: ids only, read when told.

    ``message`` and ``hidden`` name a message by its ``seq``; ``conversation`` (it was
    opened, or muted) and ``cursor`` (somebody received or read more) are about the
    whole, seq 0.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", _("message")
        CURSOR = "cursor", _("lecture")
        HIDDEN = "hidden", _("message masqué")
        CONVERSATION = "conversation", _("conversation")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    useq = models.PositiveBigIntegerField(_("numéro"))
    kind = models.CharField(_("nature"), max_length=20, choices=Kind.choices)
    conversation = models.ForeignKey(
        Conversation,
        models.PROTECT,
        related_name="+",
        verbose_name=_("conversation"),
    )
    seq = models.PositiveIntegerField(_("numéro du message"), default=0)

    class Meta:
        verbose_name = _("fait d’un fil")
        verbose_name_plural = _("faits des fils")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "useq"], name="messaging_event_place"
            ),
            models.UniqueConstraint(
                fields=["conversation", "seq", "person"],
                condition=Q(kind="message"),
                name="messaging_event_message_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("message", "hidden"), seq__gte=1)
                | Q(kind__in=("cursor", "conversation"), seq=0),
                name="messaging_event_kind",
            ),
            models.CheckConstraint(
                condition=Q(useq__gte=1), name="messaging_event_counts_from_1"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.useq} {self.kind}"
