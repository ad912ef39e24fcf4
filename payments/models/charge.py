"""Charges: one request to take one amount from one payer, and what became of it."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.crypto.fields import EncryptedTextField
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.money import Money
from payments.models.charge_states import CAPTURED, OPEN, ChargeStatus
from payments.models.escrow import Escrow
from payments.models.wallets import wallet_digest


class ChargeQuerySet(VisibleQuerySet["Charge"]):
    """Charges, by who may see them and by where they stand."""

    def visible_to(self, user: Any) -> Self:
        """Return the charges that *user* pays or is paid by; every one to finance."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff and user.has_perm("payments.view_charge"):
            return self
        return self.filter(Q(payer_id=user.pk) | Q(payee_id=user.pk))

    def open(self) -> Self:
        """Return the charges that the payer may still approve."""
        return self.filter(status__in=OPEN)

    def captured(self) -> Self:
        """Return the charges whose money was taken."""
        return self.filter(status__in=CAPTURED)


class Charge(VersionedModel):
    """Take `amount` from a payer for a payee, through one gateway, under one reference.

    The reference is made before any call and used again on each retry. Nothing but the
    services of this app writes here, and a trigger refuses steps that do not exist.
    """

    class Operator(models.TextChoices):
        MTN = "mtn", "MTN"
        MOOV = "moov", "Moov"
        CELTIIS = "celtiis", "Celtiis"

    class NextAction(models.TextChoices):
        APPROVE_ON_PHONE = "approve_on_phone", _("Valider sur le téléphone")
        REDIRECT = "redirect", _("Ouvrir la page de paiement")
        WAIT = "wait", _("Attendre")
        NONE = "none", _("Rien")

    class FailureCode(models.TextChoices):
        """Why nothing was taken, in words a payer can be told."""

        DECLINED_BY_PAYER = "declined_by_payer", _("Refusé par le payeur")
        INSUFFICIENT_FUNDS = "insufficient_funds", _("Solde insuffisant")
        TIMED_OUT = "timed_out", _("Délai dépassé")
        PHONE_REFUSED = "phone_refused", _("Numéro refusé par l’opérateur")
        LIMIT_REACHED = "limit_reached", _("Plafond atteint")
        GATEWAY_REFUSED = "gateway_refused", _("Refusé par la passerelle")
        NOT_SENT = "not_sent", _("Passerelle injoignable")
        UNKNOWN = "unknown", _("Motif inconnu")

    class EscrowPart(models.TextChoices):
        """What was decided about a charge whose money is held."""

        SPLIT = "split", _("Réparti avec le reste")
        RETURNED = "returned", _("Rendu en entier (en retard ou en double)")

    Status = ChargeStatus

    reference = models.CharField(_("référence"), max_length=32)
    subject = models.CharField(_("objet"), max_length=80)
    payer_id = models.UUIDField(_("payeur"))
    payee_id = models.UUIDField(_("bénéficiaire"))
    escrow = models.ForeignKey(
        Escrow,
        on_delete=models.PROTECT,
        null=True,
        related_name="charges",
        verbose_name=_("séquestre"),
    )
    """Where the money is held once captured; None: it is the payee's at once."""
    amount = models.BigIntegerField(_("montant"))
    currency = models.CharField(_("devise"), max_length=3, default="XOF")
    gateway = models.CharField(_("passerelle"), max_length=20)
    operator = models.CharField(_("opérateur"), max_length=10, choices=Operator.choices)
    payer_phone = EncryptedTextField(
        _("téléphone du payeur"), purpose="payments.payer_phone"
    )
    payer_phone_digest = models.CharField(_("empreinte du numéro"), max_length=64)
    description = models.CharField(_("libellé"), max_length=120)
    status = models.CharField(
        _("état"),
        max_length=20,
        choices=ChargeStatus.choices,
        default=ChargeStatus.CREATED,
    )
    next_action = models.CharField(
        _("attendu du payeur"),
        max_length=20,
        choices=NextAction.choices,
        default=NextAction.WAIT,
    )
    page_url = models.CharField(_("page de paiement"), max_length=500, blank=True)
    gateway_id = models.CharField(_("n° de la passerelle"), max_length=64, blank=True)
    provider_fee = models.BigIntegerField(_("frais de la passerelle"), null=True)
    captured_amount = models.BigIntegerField(_("montant encaissé"), null=True)
    captured_at = models.DateTimeField(_("encaissé le"), null=True)
    escrow_part = models.CharField(
        _("sort de la somme gardée"),
        max_length=10,
        choices=EscrowPart.choices,
        blank=True,
    )
    failure_code = models.CharField(
        _("motif d’échec"), max_length=40, choices=FailureCode.choices, blank=True
    )
    expires_at = models.DateTimeField(_("expire le"))
    send_attempts = models.PositiveIntegerField(_("envois tentés"), default=0)
    unsent_attempts = models.PositiveIntegerField(_("envois sans effet"), default=0)
    """Attempts of which it is certain that the gateway did nothing."""
    next_check_at = models.DateTimeField(_("prochaine vérification"), null=True)
    check_step = models.PositiveSmallIntegerField(
        _("palier de vérification"), default=0
    )
    check_requested_at = models.DateTimeField(_("vérification demandée le"), null=True)
    """A ChargeCheckDue is on its way: at most one at a time."""
    checked_at = models.DateTimeField(_("dernière vérification"), null=True)
    unanswered_at = models.DateTimeField(_("sans réponse depuis le"), null=True)
    """The gateway did not answer when last asked; cleared by its next answer."""
    meta = models.JSONField(_("précisions"), default=dict, blank=True)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("paiement")
        verbose_name_plural = _("paiements")
        constraints = (
            models.UniqueConstraint(
                fields=["reference"], name="charge_reference_is_unique"
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"],
                condition=~Q(gateway_id=""),
                name="charge_gateway_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="charge_amount_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(currency__in=("XOF",)), name="charge_currency_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(reference="") & ~Q(subject="") & ~Q(gateway=""),
                name="charge_has_its_terms",
            ),
            models.CheckConstraint(
                condition=Q(payer_phone_digest__regex=r"^[0-9a-f]{64}$"),
                name="charge_phone_has_digest",
            ),
            models.CheckConstraint(
                condition=Q(operator__in=("mtn", "moov", "celtiis")),
                name="charge_operator_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ChargeStatus.values),
                name="charge_status_is_known",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        status__in=CAPTURED,
                        captured_amount=F("amount"),
                        captured_at__isnull=False,
                    )
                    & ~Q(gateway_id="")
                )
                | (
                    ~Q(status__in=CAPTURED)
                    & Q(captured_amount__isnull=True, captured_at__isnull=True)
                ),
                name="charge_succeeded_has_capture",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("pending", "requires_action"))
                | ~Q(gateway_id=""),
                name="charge_pending_is_at_gateway",
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | ~Q(failure_code=""),
                name="charge_failed_has_code",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=OPEN) | Q(next_check_at__isnull=False),
                name="charge_open_has_next_check",
            ),
            models.CheckConstraint(
                condition=Q(unsent_attempts__lte=F("send_attempts")),
                name="charge_unsent_were_attempts",
            ),
            models.CheckConstraint(
                condition=Q(escrow_part="")
                | Q(
                    escrow_part__in=("split", "returned"),
                    escrow__isnull=False,
                    captured_at__isnull=False,
                ),
                name="charge_decided_was_held",
            ),
            models.CheckConstraint(
                condition=Q(provider_fee__isnull=True) | Q(provider_fee__gte=0),
                name="charge_fee_is_not_negative",
            ),
        )
        indexes = (
            models.Index(fields=["payer_id", "-id"], name="charge_of_payer"),
            models.Index(fields=["payee_id", "-id"], name="charge_of_payee"),
            models.Index(fields=["subject", "-id"], name="charge_of_subject"),
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="charge_check_due",
            ),
            models.Index(
                fields=["gateway", "unanswered_at"],
                condition=Q(unanswered_at__isnull=False),
                name="charge_unanswered",
            ),
            models.Index(fields=["gateway", "created_at"], name="charge_by_day"),
            models.Index(
                fields=["escrow", "-captured_at"],
                condition=Q(escrow__isnull=False),
                name="charge_of_escrow",
            ),
        )
        permissions = (("recheck_charge", "Peut réinterroger la passerelle"),)

    def __str__(self) -> str:
        return self.reference

    def save(self, **kwargs: Any) -> None:
        """Save; a new row takes the digest of its number."""
        if self._state.adding:
            self.payer_phone_digest = wallet_digest(self.payer_phone)
        super().save(**kwargs)

    @property
    def money(self) -> Money:
        """What the payer is asked for."""
        return Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        """True while the payer may still approve."""
        return self.status in OPEN

    @property
    def is_captured(self) -> bool:
        """True when the payer's money was taken."""
        return self.status in CAPTURED

    @property
    def may_have_been_sent(self) -> bool:
        """True unless it is certain that no attempt reached the gateway."""
        return self.send_attempts > self.unsent_attempts
