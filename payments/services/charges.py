"""Asking somebody for money: the request alone, no gateway is called here."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.services.people.presence import require_present
from lokahome.core.db.locks import advisory_lock
from lokahome.core.errors import FieldError, InvalidInput, StateConflict
from lokahome.core.events.outbox import append
from lokahome.core.failpoints import declare, failpoint
from lokahome.core.ids import uuid7
from lokahome.core.money import Money
from lokahome.core.phones import normalise_phone
from payments.events import ChargeRequested
from payments.models import Charge, ChargeStatus, Escrow
from payments.policies import AMOUNT_LIMITS, START_WINDOW, is_within_limits
from payments.services.routing import pick_gateway

declare("intent.after_insert")

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_FIRST_CHECK = timedelta(seconds=30)


class AmountRefused(InvalidInput):
    """The amount is outside what one mobile-money payment may take."""

    code = "payment.amount_refused"

    def default_detail(self) -> str:
        return _("Ce montant ne peut pas être payé en une seule fois par mobile money.")


class OperatorRefused(InvalidInput):
    """The operator is not one that payments are taken from."""

    code = "payment.operator_refused"

    def default_detail(self) -> str:
        return _("Cet opérateur n’est pas pris en charge.")


class EscrowRefused(StateConflict):
    """The escrow is for other people or another currency, or its money was split."""

    code = "payment.escrow_refused"

    def default_detail(self) -> str:
        return _("Ce paiement ne peut plus être placé en séquestre.")


class ChargeIdTaken(InvalidInput):
    """The id that the app made for its payment names another payment."""

    code = "payment.id_taken"

    def default_detail(self) -> str:
        return _("Cet identifiant désigne déjà un autre paiement.")


@transaction.atomic
def request_charge(
    *,
    payer_id: UUID,
    payee_id: UUID,
    amount: Money,
    subject: str,
    operator: str,
    payer_phone: str,
    description: str,
    now: datetime,
    charge_id: UUID | None = None,
    escrow_id: UUID | None = None,
) -> Charge:
    """Record that *payer_id* is to pay *amount* to *payee_id*; return the new charge.

    *subject* is opaque (``"lease:<uuid>"``); *payer_phone* any way of writing a number.
    A *charge_id* that exists with the same terms returns that charge. With an
    *escrow_id* the money is held there once captured. Raises AmountRefused,
    OperatorRefused, InvalidPhone, ChargeIdTaken, PersonGone, EscrowRefused, all before
    any write. Holds payer and payee against an erasure, until the transaction ends.
    Publishes ChargeRequested; a lane of the gateway makes the call after the commit.
    """
    if not is_within_limits(amount):
        least, most = AMOUNT_LIMITS.get(amount.currency, (0, 0))
        detail = _("Entre %(least)s et %(most)s F.") % {"least": least, "most": most}
        raise AmountRefused(
            errors=[FieldError("out_of_range", detail, pointer="/amount")]
        )
    if operator not in Charge.Operator.values:
        raise OperatorRefused(
            errors=[FieldError("unknown", str(operator)[:20], pointer="/operator")]
        )
    phone = normalise_phone(payer_phone)
    if charge_id is not None:
        advisory_lock("charge", str(charge_id))  # two tries of one app at once
        known = Charge.objects.filter(pk=charge_id).first()
        if known is not None:
            terms = (payer_id, payee_id, amount, subject, operator, phone, escrow_id)
            if terms != _terms(known):
                raise ChargeIdTaken
            return known
    require_present(payer_id, payee_id)
    if escrow_id is not None:
        _check_escrow(escrow_id, (payer_id, payee_id, amount.currency))
    charge = Charge(
        id=charge_id or uuid7(),
        reference=new_reference(),
        subject=subject,
        payer_id=payer_id,
        payee_id=payee_id,
        escrow_id=escrow_id,
        amount=amount.amount,
        currency=amount.currency,
        gateway=pick_gateway(operator=operator, currency=amount.currency),
        operator=operator,
        payer_phone=phone,
        description=description[:120],
        status=ChargeStatus.CREATED,
        created_at=now,
        expires_at=now + START_WINDOW,
        next_check_at=now + _FIRST_CHECK,
    )
    charge.save(force_insert=True)
    append(ChargeRequested(charge_id=charge.pk, gateway=charge.gateway))
    failpoint("intent.after_insert")
    return charge


def new_reference(prefix: str = "LH") -> str:
    """Return a fresh reference: *prefix* and 80 random bits, easy to read out loud."""
    bits = secrets.randbits(80)
    return prefix + "".join(_ALPHABET[(bits >> 5 * i) & 31] for i in range(16))


def _check_escrow(escrow_id: UUID, terms: tuple[UUID, UUID, str]) -> None:
    """Refuse what the escrow is not for. Split meanwhile: the money is given back."""
    escrow = Escrow.objects.filter(pk=escrow_id, settled_at=None).first()
    if escrow is None or terms != (escrow.payer_id, escrow.payee_id, escrow.currency):
        raise EscrowRefused


def _terms(charge: Charge) -> tuple[UUID, UUID, Money, str, str, str, UUID | None]:
    return (
        charge.payer_id,
        charge.payee_id,
        charge.money,
        charge.subject,
        charge.operator,
        charge.payer_phone,
        charge.escrow_id,
    )
