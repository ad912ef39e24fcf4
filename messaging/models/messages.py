"""Messages: written once, numbered without a gap; hidden, never deleted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.db.models import AppendOnlyModel, BaseModel
from messaging.models.conversations import Conversation

MAX_BODY = 4000
"""Characters. At most 16 kB in UTF-8, half of what one frame of the socket holds."""


class Message(AppendOnlyModel):
    """One message: its place in the conversation, and the id its sender gave it.

    ``seq`` counts 1, 2, 3… within the conversation. ``client_id`` is unique for ever
    for its sender, so a phone that got no answer may send again, weeks later.
    """

    conversation = models.ForeignKey(
        Conversation,
        models.PROTECT,
        related_name="messages",
        verbose_name=_("conversation"),
    )
    seq = models.PositiveIntegerField(_("numéro"))
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("expéditeur"),
    )
    """Null: the platform itself."""
    client_id = models.UUIDField(_("identifiant de l’expéditeur"))
    body = models.TextField(_("texte"))
    digest = models.CharField(_("empreinte"), max_length=64)
    """SHA-256 of its place, its sender and its text: what a report keeps of it."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            models.UniqueConstraint(
                fields=["conversation", "seq"], name="messaging_message_place"
            ),
            models.UniqueConstraint(
                fields=["sender", "client_id"],
                nulls_distinct=False,
                name="messaging_message_once",
            ),
            models.CheckConstraint(
                condition=Q(seq__gte=1), name="messaging_message_counts_from_1"
            ),
            models.CheckConstraint(
                condition=Q(GreaterThan(Length("body"), 0))
                & Q(LessThanOrEqual(Length("body"), MAX_BODY)),
                name="messaging_message_length",
            ),
        )

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"


class MessageHiding(BaseModel):
    """Staff took a message out of sight, by the decision of a case; its row stays."""

    message = models.OneToOneField(
        Message, models.PROTECT, related_name="hiding", verbose_name=_("message")
    )
    case_id = models.UUIDField(_("dossier"))
    hidden_at = models.DateTimeField(_("masqué le"), default=clock.now)

    class Meta:
        verbose_name = _("message masqué")
        verbose_name_plural = _("messages masqués")

    def __str__(self) -> str:
        return f"hiding of {self.message_id}"
