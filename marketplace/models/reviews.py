"""Reviews: each party on the other, hidden until both wrote or 14 days passed."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from marketplace.models.jobs import Job


class ReviewQuerySet(VisibleQuerySet["Review"]):
    """Reviews: one's own at once, others' when they are revealed."""

    def visible_to(self, user: Any) -> Self:
        """Return what is revealed and not withheld, and what *user* wrote."""
        public = Q(revealed_at__isnull=False, withheld_at=None)
        if not user.is_authenticated:
            return self.filter(public)
        return self.filter(public | Q(author_id=user.pk))

    def revealed(self) -> Self:
        """Return what everybody may read."""
        return self.filter(revealed_at__isnull=False, withheld_at=None)


class Review(VersionedModel):
    """What one party of a job says of the other."""

    class Role(models.TextChoices):
        CUSTOMER = "customer", _("demandeur")
        PROVIDER = "provider", _("prestataire")

    job = models.ForeignKey(
        Job, models.PROTECT, related_name="reviews", verbose_name=_("prestation")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("auteur"),
    )
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("personne évaluée"),
    )
    author_role = models.CharField(
        _("rôle de l’auteur"), max_length=20, choices=Role.choices
    )
    rating = models.IntegerField(_("note"))
    text = models.CharField(_("avis"), max_length=1000, blank=True)
    revealed_at = models.DateTimeField(_("publié le"), null=True)
    withheld_at = models.DateTimeField(_("masqué le"), null=True)
    """Hidden by staff after a report; its rating counts no more."""

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("avis")
        verbose_name_plural = _("avis")
        permissions = (("withhold_review", _("Peut masquer un avis")),)
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["job", "author_role"], name="marketplace_review_once"
            ),
            models.CheckConstraint(
                condition=Q(rating__range=(1, 5)),
                name="marketplace_review_rating_is_1_to_5",
            ),
            models.CheckConstraint(
                condition=Q(author_role__in=("customer", "provider")),
                name="marketplace_review_role_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(author=F("about")), name="marketplace_review_of_another"
            ),
        )
        indexes = (
            models.Index(
                fields=["about", "-id"],
                condition=Q(revealed_at__isnull=False),
                name="marketplace_review_of_person",
            ),
            models.Index(fields=["author", "-id"], name="marketplace_review_mine"),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.author_role} {self.rating}"
