"""What a person was told: one row for each fact, and what each wants to be told by."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel, VersionedModel, VisibleQuerySet


class Topic(models.TextChoices):
    """What people choose channels for. Sign-in codes belong to none: they always go."""

    HOMES = "homes", _("Logements et baux")
    MONEY = "money", _("Argent")
    SERVICES = "services", _("Travaux et prestataires")
    WORDS = "words", _("Conversations")
    ACCOUNT = "account", _("Compte et sécurité")


class NotificationQuerySet(VisibleQuerySet["Notification"]):
    """Notifications: each person's own."""

    def visible_to(self, user: Any) -> Self:
        """Return what *user* was told."""
        return self.filter(person_id=user.pk) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        """Return what was not read yet."""
        return self.filter(read_at=None)


class Notification(BaseModel):
    """One fact for one person: ids only, the words are made whenever it is read."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notifications",
        verbose_name=_("personne"),
    )
    fact = models.CharField(_("fait"), max_length=160)
    template = models.CharField(_("modèle"), max_length=60)
    context_ids = models.JSONField(_("identifiants"), default=dict)
    read_at = models.DateTimeField(_("lu le"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("message dans l’application")
        verbose_name_plural = _("messages dans l’application")
        indexes = (
            models.Index(fields=["person", "-id"], name="messaging_notif_person"),
            models.Index(
                fields=["person", "-id"],
                condition=Q(read_at=None),
                name="messaging_notif_unread",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["fact", "person"], name="messaging_notif_once"
            ),
            models.CheckConstraint(
                condition=~Q(fact="") & ~Q(template=""), name="messaging_notif_says"
            ),
        )

    def __str__(self) -> str:
        return self.fact


class NotificationPreference(VersionedModel):
    """By which channels one person wants to hear of one topic; no row means by all."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notification_preferences",
        verbose_name=_("personne"),
    )
    topic = models.CharField(_("sujet"), max_length=10, choices=Topic.choices)
    sms = models.BooleanField(_("par SMS"), default=True)
    email = models.BooleanField(_("par courriel"), default=True)

    class Meta:
        verbose_name = _("préférence de message")
        verbose_name_plural = _("préférences de message")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "topic"], name="messaging_pref_once"
            ),
            models.CheckConstraint(
                condition=Q(topic__in=Topic.values), name="messaging_pref_topic"
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.person_id}"
