"""Transfers: money that goes out, to a payee or back to a payer."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.crypto.fields import EncryptedTextField
from lokahome.core.crypto.lookups import same_digest
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.money import Money
from payments.models.charge import Charge
from payments.models.escrow import Escrow
from payments.models.transfer_states import (
    DECIDED,
    ENDED,
    LIVE,
    OPEN,
    TAKING,
    TransferStatus,
)
from payments.models.wallets import wallet_digest

REFUND_WITHOUT_CHECKER = 10_000
"""Francs. A refund up to here that the system's own rules propose needs no second
person; a CHECK holds it, so changing it takes a migration."""

_UNDECIDED = ("proposed", "refused")


class TransferQuerySet(VisibleQuerySet["Transfer"]):
    """Transfers, by who may see them and by where they stand."""

    def visible_to(self, user: Any) -> Self:
        """Return the transfers that *user* receives; every one to finance."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff and user.has_perm("payments.view_transfer"):
            return self
        return self.filter(party_id=user.pk)

    def open(self) -> Self:
        """Return the transfers that the gateway may still carry out."""
        return self.filter(status__in=OPEN)

    def live(self) -> Self:
        """Return what counts against the money that may still be proposed."""
        return self.filter(status__in=LIVE)

    def taking(self) -> Self:
        """Return what has taken its amount from where it was owed."""
        return self.filter(status__in=TAKING)

    def to_decide(self) -> Self:
        """Return the transfers that wait for a second person, oldest first."""
        return self.filter(status=TransferStatus.PROPOSED).order_by("proposed_at", "id")


class Transfer(VersionedModel):
    """Send `amount` to one wallet, through one gateway, under one reference.

    A maker proposes, another person approves, the amount is reserved in the ledger and
    only then is the gateway asked. The reference is made before any call and used again
    on each retry. Nothing but the services of this app writes here.
    """

    class Kind(models.TextChoices):
        PAYOUT = "payout", _("Versement")
        REFUND = "refund", _("Remboursement")

    class FailureCode(models.TextChoices):
        """Why nothing arrived, in words its receiver can be told."""

        PHONE_REFUSED = "phone_refused", _("Numéro refusé par l’opérateur")
        LIMIT_REACHED = "limit_reached", _("Plafond atteint")
        GATEWAY_REFUSED = "gateway_refused", _("Refusé par la passerelle")
        INSUFFICIENT_FUNDS = "insufficient_funds", _("Avoirs insuffisants")
        NOT_SENT = "not_sent", _("Passerelle injoignable")
        UNKNOWN = "unknown", _("Motif inconnu")

    Operator = Charge.Operator
    Status = TransferStatus

    reference = models.CharField(_("référence"), max_length=32)
    kind = models.CharField(_("nature"), max_length=10, choices=Kind.choices)
    subject = models.CharField(_("objet"), max_length=80)
    party_id = models.UUIDField(_("destinataire"))
    escrow = models.ForeignKey(
        Escrow,
        on_delete=models.PROTECT,
        related_name="transfers",
        verbose_name=_("séquestre"),
    )
    charge = models.ForeignKey(
        Charge,
        on_delete=models.PROTECT,
        null=True,
        related_name="refunds",
        verbose_name=_("paiement remboursé"),
    )
    amount = models.BigIntegerField(_("montant"))
    currency = models.CharField(_("devise"), max_length=3, default="XOF")
    gateway = models.CharField(_("passerelle"), max_length=20)
    operator = models.CharField(
        _("opérateur"), max_length=10, choices=Charge.Operator.choices
    )
    phone = EncryptedTextField(
        _("téléphone du destinataire"), purpose="payments.transfer_phone"
    )
    phone_digest = models.CharField(_("empreinte du numéro"), max_length=64)
    """Fixed by a trigger as one of its terms: keys of the number itself may rotate."""
    status = models.CharField(
        _("état"),
        max_length=20,
        choices=TransferStatus.choices,
        default=TransferStatus.PROPOSED,
    )
    proposed_by_id = models.UUIDField(_("proposé par"), null=True)
    """None is the system, by a rule that people agreed to before."""
    proposed_at = models.DateTimeField(_("proposé le"))
    approved_by_id = models.UUIDField(_("approuvé par"), null=True)
    approved_at = models.DateTimeField(_("approuvé le"), null=True)
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    gateway_id = models.CharField(_("n° de la passerelle"), max_length=64, blank=True)
    provider_fee = models.BigIntegerField(_("frais de la passerelle"), null=True)
    failure_code = models.CharField(
        _("motif d’échec"), max_length=40, choices=FailureCode.choices, blank=True
    )
    start_until = models.DateTimeField(_("à envoyer avant le"), null=True)
    send_attempts = models.PositiveIntegerField(_("envois tentés"), default=0)
    unsent_attempts = models.PositiveIntegerField(_("envois sans effet"), default=0)
    """Attempts of which it is certain that the gateway did nothing."""
    next_check_at = models.DateTimeField(_("prochaine vérification"), null=True)
    check_step = models.PositiveSmallIntegerField(
        _("palier de vérification"), default=0
    )
    check_requested_at = models.DateTimeField(_("vérification demandée le"), null=True)
    """A TransferCheckDue is on its way: at most one at a time."""
    checked_at = models.DateTimeField(_("dernière vérification"), null=True)
    unanswered_at = models.DateTimeField(_("sans réponse depuis le"), null=True)
    """The gateway did not answer when last asked; cleared by its next answer."""
    sent_at = models.DateTimeField(_("versé le"), null=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfert")
        verbose_name_plural = _("transferts")
        constraints = (
            models.UniqueConstraint(
                fields=["reference"], name="transfer_reference_is_unique"
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"],
                condition=~Q(gateway_id=""),
                name="transfer_gateway_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="transfer_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(currency__in=("XOF",)), name="transfer_currency_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(reference="")
                & ~Q(subject="")
                & ~Q(gateway="")
                & ~Q(phone=""),
                name="transfer_has_its_terms",
            ),
            models.CheckConstraint(
                condition=Q(phone_digest__regex=r"^[0-9a-f]{64}$"),
                name="transfer_phone_has_digest",
            ),
            models.CheckConstraint(
                condition=Q(operator__in=("mtn", "moov", "celtiis")),
                name="transfer_operator_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=TransferStatus.values),
                name="transfer_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="payout", charge__isnull=True)
                | Q(kind="refund", charge__isnull=False),
                name="transfer_refund_has_charge",
            ),
            models.CheckConstraint(
                condition=Q(status__in=DECIDED, approved_at__isnull=False)
                | Q(
                    status__in=_UNDECIDED,
                    approved_at__isnull=True,
                    approved_by_id__isnull=True,
                ),
                name="transfer_decided_has_approval",
            ),
            # Four eyes: neither the maker nor the receiver approves.
            models.CheckConstraint(
                condition=~Q(approved_by_id=F("proposed_by_id"))
                & ~Q(approved_by_id=F("party_id"))
                & ~Q(proposed_by_id=F("party_id")),
                name="transfer_has_four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(kind="refund") | Q(proposed_by_id__isnull=False),
                name="transfer_payout_has_a_maker",
            ),
            models.CheckConstraint(
                condition=Q(status__in=_UNDECIDED)
                | Q(approved_by_id__isnull=False)
                | Q(
                    kind="refund",
                    proposed_by_id__isnull=True,
                    amount__lte=REFUND_WITHOUT_CHECKER,
                ),
                name="transfer_has_a_checker",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("sending", "succeeded")) | ~Q(gateway_id=""),
                name="transfer_sent_is_at_gateway",
            ),
            models.CheckConstraint(
                condition=Q(status="succeeded", sent_at__isnull=False)
                | (~Q(status="succeeded") & Q(sent_at__isnull=True)),
                name="transfer_succeeded_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ENDED, ended_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at__isnull=True)),
                name="transfer_ended_has_moment",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(failure_code=""),
                name="transfer_failed_has_code",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=OPEN)
                | Q(next_check_at__isnull=False, start_until__isnull=False),
                name="transfer_open_has_next_check",
            ),
            models.CheckConstraint(
                condition=Q(unsent_attempts__lte=F("send_attempts")),
                name="transfer_unsent_were_attempts",
            ),
            models.CheckConstraint(
                condition=Q(provider_fee__isnull=True) | Q(provider_fee__gte=0),
                name="transfer_fee_is_not_negative",
            ),
        )
        indexes = (
            models.Index(fields=["party_id", "kind", "-id"], name="transfer_of_party"),
            models.Index(fields=["subject", "-id"], name="transfer_of_subject"),
            models.Index(fields=["kind", "status", "-id"], name="transfer_by_status"),
            models.Index(
                fields=["proposed_at", "id"],
                condition=Q(status="proposed"),
                name="transfer_to_decide",
            ),
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="transfer_check_due",
            ),
            models.Index(
                fields=["gateway", "unanswered_at"],
                condition=Q(unanswered_at__isnull=False),
                name="transfer_unanswered",
            ),
            models.Index(fields=["gateway", "created_at"], name="transfer_by_day"),
        )
        permissions = (
            ("propose_transfer", "Peut proposer un versement"),
            ("approve_transfer", "Peut approuver ou refuser un transfert"),
            ("recheck_transfer", "Peut réinterroger la passerelle (transferts)"),
        )

    def __str__(self) -> str:
        return self.reference

    def save(self, **kwargs: Any) -> None:
        """Save; a new row takes the digest of its number."""
        if self._state.adding:
            self.phone_digest = wallet_digest(self.phone)
        super().save(**kwargs)

    @property
    def money(self) -> Money:
        """What its receiver gets."""
        return Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        """True while the gateway may still carry it out."""
        return self.status in OPEN

    @property
    def has_its_number(self) -> bool:
        """True unless the number is not the one that was proposed (see the trigger)."""
        return same_digest(self.phone_digest, wallet_digest(self.phone))

    @property
    def may_have_been_sent(self) -> bool:
        """True unless it is certain that no attempt reached the gateway."""
        return self.send_attempts > self.unsent_attempts


class OfKind(models.Manager.from_queryset(TransferQuerySet)):  # type: ignore[misc]  # its base is made here
    """The transfers of one kind, for its proxy."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> TransferQuerySet:
        """Return the transfers of this kind only."""
        rows: TransferQuerySet = super().get_queryset()
        return rows.filter(kind=self.kind)


class Payout(Transfer):
    """A transfer to the person to whom the money is owed."""

    objects: ClassVar[OfKind] = OfKind(Transfer.Kind.PAYOUT.value)

    class Meta:
        proxy = True
        verbose_name = _("versement")
        verbose_name_plural = _("versements")


class Refund(Transfer):
    """A transfer back to the wallet that a charge was taken from."""

    objects: ClassVar[OfKind] = OfKind(Transfer.Kind.REFUND.value)

    class Meta:
        proxy = True
        verbose_name = _("remboursement")
        verbose_name_plural = _("remboursements")
