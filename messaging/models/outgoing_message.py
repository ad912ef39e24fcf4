"""What a person is to be told, by which channel, and whether it left."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel
from lokahome.core.states import StateMachine, edge
from messaging.models.notification import Notification

RECIPIENTS = ("person_id", "code_request_id", "email_id", "invitation_id")


def _only(recipient: str) -> Q:
    """Return the rows that go to *recipient* and to nobody else."""
    others = {name: None for name in RECIPIENTS if name != recipient}
    return Q(**{f"{recipient}__isnull": False}, **others)


class OutgoingMessage(VersionedModel):
    """One fact for one person by one channel: ids only, the text is made on leaving.

    `person_id` is an account. A code goes to a number that may have none yet, or to an
    address that is only claimed, and an agency may invite a number of nobody's: such a
    message names the code request, the claim or the invitation instead. `delivery` is what the carrier reported after it took the message.
    """

    class Channel(models.TextChoices):
        SMS = "sms", "SMS"
        EMAIL = "email", _("courriel")

    class Status(models.TextChoices):
        QUEUED = "queued", _("En attente")
        SENT = "sent", _("Envoyé")
        FAILED = "failed", _("Échec, sera repris")
        GIVEN_UP = "given_up", _("Abandonné")

    class Delivery(models.TextChoices):
        DELIVERED = "delivered", _("Remis")
        UNDELIVERED = "undelivered", _("Non remis")

    notification = models.ForeignKey(
        Notification,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("message dans l’application"),
    )
    fact = models.CharField(_("fait"), max_length=160)
    person_id = models.UUIDField(_("personne"), null=True, blank=True)
    code_request_id = models.UUIDField(
        _("demande de code"), null=True, blank=True, editable=False
    )
    email_id = models.UUIDField(
        _("adresse à vérifier"), null=True, blank=True, editable=False
    )
    invitation_id = models.UUIDField(
        _("invitation d’agence"), null=True, blank=True, editable=False
    )
    target_id = models.UUIDField(
        _("numéro ou adresse"), null=True, blank=True, editable=False
    )
    """The row of the number, or of the address, where the fact rings at several."""
    channel = models.CharField(_("canal"), max_length=10, choices=Channel.choices)
    template = models.CharField(_("modèle"), max_length=60)
    context_ids = models.JSONField(_("identifiants"), default=dict)
    status = models.CharField(
        _("état"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("tentatives"), default=0)
    transport_id = models.CharField(
        _("référence du transport"), max_length=80, blank=True
    )
    last_error = models.CharField(_("dernière erreur"), max_length=80, blank=True)
    not_before = models.DateTimeField(_("retenu jusqu’au"), null=True, blank=True)
    """Quiet hours: it waits for this moment, and for `send_held`."""
    claimed_until = models.DateTimeField(
        _("envoi réservé jusqu’au"), null=True, blank=True, editable=False
    )
    """One sender at a time: another may try when this moment has passed."""
    sent_at = models.DateTimeField(_("envoyé le"), null=True, blank=True)
    delivery = models.CharField(
        _("remise"), max_length=12, choices=Delivery.choices, blank=True
    )
    delivery_error = models.CharField(_("motif"), max_length=20, blank=True)
    delivery_reported_at = models.DateTimeField(
        _("remise annoncée le"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("message sortant")
        verbose_name_plural = _("messages sortants")
        indexes = (
            models.Index(fields=["status", "-id"], name="messaging_out_status"),
            models.Index(fields=["person_id", "-id"], name="messaging_out_person"),
            models.Index(
                fields=["transport_id"],
                condition=~Q(transport_id=""),
                name="messaging_out_transport",
            ),
            models.Index(
                fields=["not_before"],
                condition=Q(not_before__isnull=False, status__in=("queued", "failed")),
                name="messaging_out_held",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["fact", "person_id", "channel", "target_id"],
                nulls_distinct=False,
                name="messaging_out_once",
            ),
            models.CheckConstraint(
                condition=_only("person_id")
                | _only("code_request_id")
                | _only("email_id")
                | _only("invitation_id"),
                name="messaging_out_recipient",
            ),
            models.CheckConstraint(
                condition=Q(target_id=None) | Q(person_id__isnull=False),
                name="messaging_out_target_is_theirs",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at=None)),
                name="messaging_out_sent_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=("sms", "email")), name="messaging_out_channel"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("queued", "sent", "failed", "given_up")),
                name="messaging_out_status",
            ),
            models.CheckConstraint(
                condition=Q(delivery="", delivery_reported_at=None, delivery_error="")
                | Q(
                    delivery__in=("delivered", "undelivered"),
                    delivery_reported_at__isnull=False,
                ),
                name="messaging_out_delivery",
            ),
            models.CheckConstraint(
                condition=Q(delivery="") | Q(status="sent"),
                name="messaging_out_delivered_was_sent",
            ),
            models.CheckConstraint(
                condition=Q(not_before=None) | Q(notification__isnull=False),
                name="messaging_out_held_has_fact",
            ),
        )
        permissions = (("resend_outgoingmessage", "Peut renvoyer un message"),)

    def __str__(self) -> str:
        return f"{self.fact} {self.channel}"

    @property
    def is_code(self) -> bool:
        """Whether it carries a code, by SMS or by e-mail."""
        return self.code_request_id is not None or self.email_id is not None


MESSAGE_STATES = StateMachine(
    "outgoingmessage",
    [
        edge("queued", "send", "system", "sent"),
        edge("queued", "witness", "gateway", "sent"),
        edge("queued", "fail", "system", "failed"),
        edge("queued", "give_up", "system", "given_up"),
        edge("failed", "send", "system", "sent"),
        edge("failed", "witness", "gateway", "sent"),
        edge("failed", "fail", "system", "failed"),
        edge("failed", "give_up", "system", "given_up"),
        edge("failed", "resend", "staff", "queued"),
        edge("given_up", "resend", "staff", "queued"),
        edge("given_up", "witness", "gateway", "sent"),
    ],
)
