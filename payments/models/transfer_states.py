"""The life of a transfer: its states, and every step that exists between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lokahome.core.states import StateMachine, edge
from payments.models.steps import drop_steps_sql, steps_sql


class TransferStatus(models.TextChoices):
    """Where a transfer stands. ``failed`` is provisional: gateways change their mind."""

    PROPOSED = "proposed", _("Proposé, à approuver")
    REFUSED = "refused", _("Refusé")
    APPROVED = "approved", _("Approuvé")
    RESERVED = "reserved", _("Somme réservée")
    SENDING = "sending", _("En cours d’envoi")
    SUCCEEDED = "succeeded", _("Versé")
    FAILED = "failed", _("Échoué")
    IN_REVIEW = "in_review", _("En vérification")


_S = TransferStatus

TRANSFER_STATES = StateMachine(
    "transfer",
    (
        # Four eyes: a maker proposed, somebody else decides. The system may approve a
        # small refund of its own rules, and nothing else.
        edge(_S.PROPOSED, "approve", "staff system", _S.APPROVED),
        edge(_S.PROPOSED, "refuse", "staff", _S.REFUSED),
        edge(_S.APPROVED, "reserve", "system", _S.RESERVED),
        # The gateway has it; or it answered with an end at once.
        edge(_S.RESERVED, "send", "system", _S.SENDING),
        edge(_S.RESERVED, "settle", "system", _S.SUCCEEDED),
        edge(_S.RESERVED, "fail", "system", _S.FAILED),
        edge(_S.RESERVED, "review", "system", _S.IN_REVIEW),
        edge(_S.SENDING, "settle", "system", _S.SUCCEEDED),
        edge(_S.SENDING, "fail", "system", _S.FAILED),
        edge(_S.SENDING, "review", "system", _S.IN_REVIEW),
        # What a person looked into, the gateway's answer still decides.
        edge(_S.IN_REVIEW, "settle", "system", _S.SUCCEEDED),
        edge(_S.IN_REVIEW, "fail", "system", _S.FAILED),
        # Told as failed and arrived after all: posted anew, and always a case.
        edge(_S.FAILED, "settle", "system", _S.SUCCEEDED),
    ),
)

OPEN = (_S.RESERVED, _S.SENDING)
"""The gateway may still pay: each such transfer has a next check."""
RESERVING = (_S.RESERVED, _S.SENDING, _S.IN_REVIEW)
"""The money stands on ``transfers_reserved``: not sent, and nobody else's."""
TAKING = (*RESERVING, _S.SUCCEEDED)
"""Has taken its amount from where it was owed."""
LIVE = (_S.PROPOSED, _S.APPROVED, *TAKING)
"""Counts against what may be proposed; ``failed`` and ``refused`` do not."""
DECIDED = (_S.APPROVED, *TAKING, _S.FAILED)
"""Somebody approved it."""
ENDED = (_S.REFUSED, _S.SUCCEEDED, _S.FAILED)


def transfer_steps_sql() -> str:
    """Return SQL of the trigger that holds transfers to TRANSFER_STATES."""
    return steps_sql(
        TRANSFER_STATES,
        table="payments_transfer",
        first=TransferStatus.PROPOSED.value,
        terms=(
            "id",
            "reference",
            "kind",
            "subject",
            "party_id",
            "charge_id",
            "escrow_id",
            "amount",
            "currency",
            "gateway",
            "operator",
            "phone_digest",
            "proposed_by_id",
            "proposed_at",
        ),
        once=(
            ("OLD.approved_at IS NOT NULL", ("approved_by_id", "approved_at")),
            ("OLD.sent_at IS NOT NULL", ("sent_at", "gateway_id", "ended_at")),
        ),
    )


DROP_TRANSFER_STEPS_SQL = drop_steps_sql("payments_transfer")
