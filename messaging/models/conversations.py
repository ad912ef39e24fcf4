"""Conversations: who talks about what, and how far each has read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.db.models import BaseModel, VisibleQuerySet

SUBJECT_FORM = (
    r"^(listing|application|lease|job):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
)


class ConversationQuerySet(VisibleQuerySet["Conversation"]):
    """Conversations: those who take part see them, and nobody else."""

    def visible_to(self, user: Any) -> Self:
        """Return the conversations that *user* takes part in, staff or not."""
        if not user.is_authenticated:
            return self.none()
        mine = Participant.objects.filter(person_id=user.pk)
        # A subquery, not a join: rows stay single, so one of them can be locked.
        return self.filter(pk__in=mine.values("conversation_id"))


class Conversation(BaseModel):
    """People who talk about one subject, and the number of their last message.

    The row's lock is what puts messages in one order: whoever holds it, writes next.
    """

    subject = models.CharField(_("objet"), max_length=80)
    """``listing:<uuid>``, ``application:<uuid>``, ``lease:<uuid>``, ``job:<uuid>``."""
    key = models.CharField(_("clé"), max_length=120, unique=True, editable=False)
    """The subject; of a listing, also who inquires: each has their own conversation."""
    last_seq = models.PositiveIntegerField(_("dernier numéro"), default=0)
    active_at = models.DateTimeField(_("dernière activité"), default=clock.now)
    """When the last message was written; before the first, when it was opened."""

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = (
            models.Index(fields=["-active_at", "-id"], name="messaging_conv_active"),
            models.Index(fields=["subject"], name="messaging_conv_subject"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(subject__regex=SUBJECT_FORM),
                name="messaging_conv_subject_form",
            ),
            models.CheckConstraint(
                condition=Q(key__startswith=F("subject")), name="messaging_conv_key"
            ),
        )
        permissions = (
            (
                "view_case_conversation",
                "Peut lire une conversation que nomme un dossier ouvert",
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} ({self.last_seq})"

    @property
    def last_message_at(self) -> datetime | None:
        """When the last message was written; None before the first."""
        return self.active_at if self.last_seq else None


class Participant(BaseModel):
    """One person in one conversation, and their cursors: up to where they have it.

    Cursors only grow, and reading includes having: ``read_seq <= delivered_seq``.
    """

    conversation = models.ForeignKey(
        Conversation,
        models.CASCADE,
        related_name="participants",
        verbose_name=_("conversation"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("personne"),
    )
    delivered_seq = models.PositiveIntegerField(_("reçu jusqu’au numéro"), default=0)
    read_seq = models.PositiveIntegerField(_("lu jusqu’au numéro"), default=0)
    muted = models.BooleanField(_("en sourdine"), default=False)
    joined_at = models.DateTimeField(_("présent depuis"), default=clock.now)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        indexes = (
            models.Index(
                fields=["person", "conversation"], name="messaging_part_person"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["conversation", "person"], name="messaging_part_once"
            ),
            models.CheckConstraint(
                condition=Q(read_seq__lte=F("delivered_seq")),
                name="messaging_part_read_was_delivered",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} in {self.conversation_id}"
