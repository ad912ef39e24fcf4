"""Jobs: an accepted quote on its way to done and paid."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import BaseModel, VersionedModel, VisibleQuerySet
from lokahome.core.money import XOF, Money
from lokahome.core.states import StateMachine, edge
from marketplace.models.quotes import Quote
from marketplace.models.requests import ServiceRequest

MAX_CODE_TRIES = 5


class JobQuerySet(VisibleQuerySet["Job"]):
    """Jobs: their customer's, provider's and occupant's."""

    def visible_to(self, user: Any) -> Self:
        """Return the jobs that *user* pays for, does, or is on site for."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(customer_id=user.pk) | Q(provider_id=user.pk) | Q(occupant_id=user.pk)
        )

    def under_way(self) -> Self:
        """Return the jobs for which somebody has to come, or came and is not done."""
        return self.filter(status__in=Job.UNDER_WAY_STATES)


class Job(VersionedModel):
    """One piece of work for one price, its money and its proofs."""

    class Status(models.TextChoices):
        ACCEPTED = "accepted", _("Acceptée")
        FUNDED = "funded", _("Financée")
        STARTED = "started", _("Commencée")
        DELIVERED = "delivered", _("Livrée")
        APPROVED = "approved", _("Approuvée")
        DISPUTED = "disputed", _("En litige")
        CLOSED = "closed", _("Terminée")
        CANCELLED = "cancelled", _("Annulée")

    class Party(models.TextChoices):
        CUSTOMER = "customer", _("demandeur")
        PROVIDER = "provider", _("prestataire")
        SYSTEM = "system", _("système")

    UNDER_WAY_STATES = (
        Status.ACCEPTED,
        Status.FUNDED,
        Status.STARTED,
        Status.DELIVERED,
        Status.DISPUTED,
    )
    HELD_STATES = (Status.FUNDED, Status.STARTED, Status.DELIVERED, Status.DISPUTED)
    """The states in which the customer's money is in escrow."""

    request = models.OneToOneField(
        ServiceRequest, models.PROTECT, related_name="job", verbose_name=_("demande")
    )
    quote = models.OneToOneField(
        Quote, models.PROTECT, related_name="job", verbose_name=_("devis")
    )
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("demandeur"),
    )
    provider = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("prestataire"),
    )
    occupant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("occupant"),
    )
    amount = models.IntegerField(_("prix"))
    currency = models.CharField(_("devise"), max_length=3, default=XOF)
    scheduled_at = models.DateTimeField(_("rendez-vous"), null=True, blank=True)
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.ACCEPTED
    )
    escrow_id = models.UUIDField(_("séquestre"), null=True, unique=True)
    charge_id = models.UUIDField(_("paiement retenu"), null=True, unique=True)
    """The charge that funded it; any other that is captured goes back."""
    start_round = models.IntegerField(_("tour du code de début"), default=1)
    start_tries = models.IntegerField(_("essais du code de début"), default=0)
    finish_round = models.IntegerField(_("tour du code de fin"), default=1)
    finish_tries = models.IntegerField(_("essais du code de fin"), default=0)
    """Wrong tries of the present round; the customer may renew a code, a new round."""
    funded_at = models.DateTimeField(_("financé le"), null=True)
    started_at = models.DateTimeField(_("commencé le"), null=True)
    delivered_at = models.DateTimeField(_("livré le"), null=True)
    approved_at = models.DateTimeField(_("approuvé le"), null=True)
    is_approved_by_silence = models.BooleanField(
        _("approuvé par silence"), default=False
    )
    disputed_at = models.DateTimeField(_("contesté le"), null=True)
    disputed_by = models.CharField(
        _("contesté par"), max_length=20, choices=Party.choices, blank=True
    )
    dispute_reason = models.CharField(_("motif du litige"), max_length=1000, blank=True)
    case_id = models.UUIDField(_("dossier"), null=True)
    cancelled_by = models.CharField(
        _("annulé par"), max_length=20, choices=Party.choices, blank=True
    )
    ended_reason = models.CharField(_("motif de fin"), max_length=500, blank=True)
    """Why it was cancelled, or how the dispute was decided."""
    to_customer = models.IntegerField(_("rendu au demandeur"), null=True)
    """What went back of the price, once that is known; the rest is the provider's."""
    ended_at = models.DateTimeField(_("terminé le"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("prestation")
        verbose_name_plural = _("prestations")
        permissions = (("decide_job_dispute", _("Peut trancher un litige")),)
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    status__in=(
                        "accepted",
                        "funded",
                        "started",
                        "delivered",
                        "approved",
                        "disputed",
                        "closed",
                        "cancelled",
                    )
                ),
                name="marketplace_job_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=1, currency="XOF"),
                name="marketplace_job_amount_is_positive",
            ),
            models.CheckConstraint(
                condition=~Q(customer=F("provider"))
                & (
                    Q(occupant=None)
                    | (~Q(occupant=F("customer")) & ~Q(occupant=F("provider")))
                ),
                name="marketplace_job_different_people",
            ),
            models.CheckConstraint(
                condition=Q(start_tries__range=(0, MAX_CODE_TRIES))
                & Q(finish_tries__range=(0, MAX_CODE_TRIES))
                & Q(start_round__gte=1, finish_round__gte=1),
                name="marketplace_job_code_tries_are_few",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("accepted", "cancelled"))
                | Q(
                    funded_at__isnull=False,
                    escrow_id__isnull=False,
                    charge_id__isnull=False,
                ),
                name="marketplace_job_funded_has_money",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("accepted", "funded", "cancelled"))
                | Q(started_at__isnull=False),
                name="marketplace_job_started_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("delivered", "approved"))
                | Q(delivered_at__isnull=False),
                name="marketplace_job_delivered_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approved_at__isnull=False),
                name="marketplace_job_approved_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status="disputed")
                | (
                    Q(disputed_at__isnull=False, case_id__isnull=False)
                    & ~Q(disputed_by="")
                    & ~Q(dispute_reason="")
                ),
                name="marketplace_job_dispute_has_reason",
            ),
            models.CheckConstraint(
                condition=(
                    ~Q(status__in=("closed", "cancelled")) & Q(ended_at__isnull=True)
                )
                | Q(
                    status__in=("closed", "cancelled"),
                    ended_at__isnull=False,
                    to_customer__isnull=False,
                ),
                name="marketplace_job_ended_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancelled_by=""),
                name="marketplace_job_cancelled_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(to_customer=None)
                | Q(to_customer__gte=0, to_customer__lte=F("amount")),
                name="marketplace_job_split_is_within_amount",
            ),
        )
        indexes = (
            models.Index(fields=["customer", "-id"], name="marketplace_job_customer"),
            models.Index(fields=["provider", "-id"], name="marketplace_job_provider"),
            models.Index(
                fields=["occupant", "-id"],
                condition=Q(occupant__isnull=False),
                name="marketplace_job_occupant",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=Q(status="delivered"),
                name="marketplace_job_to_approve",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(status="accepted"),
                name="marketplace_job_unfunded",
            ),
            models.Index(
                fields=["ended_at"],
                condition=Q(status="closed"),
                name="marketplace_job_to_reveal",
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.status}"

    @property
    def money(self) -> Money:
        """The price."""
        return Money(self.amount, self.currency)

    def subject(self) -> str:
        """Return ``job:<id>``, by which money, cases and words name it."""
        return f"job:{self.pk}"


_S = Job.Status
JOB_STATES = StateMachine(
    "job",
    [
        edge(_S.ACCEPTED, "fund", "system", _S.FUNDED),
        edge(_S.FUNDED, "start", "provider", _S.STARTED),
        edge(_S.STARTED, "deliver", "provider", _S.DELIVERED),
        edge(_S.DELIVERED, "approve", "customer system", _S.APPROVED),
        edge(_S.STARTED, "dispute", "customer provider", _S.DISPUTED),
        edge(_S.DELIVERED, "dispute", "customer provider", _S.DISPUTED),
        edge(_S.APPROVED, "close", "system", _S.CLOSED),
        edge(_S.DISPUTED, "close", "system", _S.CLOSED),
        *(
            edge(state, "cancel", "customer provider system", _S.CANCELLED)
            for state in (_S.ACCEPTED, _S.FUNDED, _S.STARTED)
        ),
    ],
)


class JobPhoto(BaseModel):
    """A picture of the work at its start or its end, for the job's people alone."""

    class Moment(models.TextChoices):
        START = "start", _("au début")
        FINISH = "finish", _("à la fin")

    job = models.ForeignKey(
        Job, models.PROTECT, related_name="photos", verbose_name=_("prestation")
    )
    upload_id = models.UUIDField(_("fichier déposé"), unique=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("prise par"),
    )
    moment = models.CharField(_("moment"), max_length=20, choices=Moment.choices)
    position = models.IntegerField(_("rang"))
    width = models.IntegerField(_("largeur"))
    height = models.IntegerField(_("hauteur"))
    variants = models.JSONField(_("variantes"), default=list)
    """``[{"format", "width", "height", "bytes", "key"}]``, smallest first."""

    class Meta:
        verbose_name = _("photo de prestation")
        verbose_name_plural = _("photos de prestation")
        ordering = ("moment", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["job", "moment", "position"],
                name="marketplace_jobphoto_position_once",
            ),
            models.CheckConstraint(
                condition=Q(moment__in=("start", "finish")),
                name="marketplace_jobphoto_moment_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.moment} {self.position}"
