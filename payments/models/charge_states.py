"""The life of a charge: its states, and every step that exists between them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lokahome.core.states import StateMachine, edge


class ChargeStatus(models.TextChoices):
    """Where a charge stands. ``failed`` and ``expired`` are provisional."""

    CREATED = "created", _("Demandé")
    PENDING = "pending", _("En attente du payeur")
    REQUIRES_ACTION = "requires_action", _("Page de paiement ouverte")
    SUCCEEDED = "succeeded", _("Payé")
    FAILED = "failed", _("Échoué")
    EXPIRED = "expired", _("Expiré")
    IN_REVIEW = "in_review", _("En vérification")
    REVERSED = "reversed", _("Annulé par l’opérateur")
    DISPUTED = "disputed", _("Contesté")
    WON = "won", _("Contestation gagnée")
    LOST = "lost", _("Contestation perdue")


_S = ChargeStatus

CHARGE_STATES = StateMachine(
    "charge",
    (
        # The gateway has the charge and prompts the payer, or waits on its page.
        edge(_S.CREATED, "send", "system", _S.PENDING),
        edge(_S.CREATED, "send_to_page", "system", _S.REQUIRES_ACTION),
        # The gateway refused at once, or nothing was ever sent in time.
        edge(_S.CREATED, "fail", "system", _S.FAILED),
        edge(_S.CREATED, "expire", "system", _S.EXPIRED),
        edge(_S.CREATED, "review", "system", _S.IN_REVIEW),
        edge(_S.PENDING, "settle", "system", _S.SUCCEEDED),
        edge(_S.PENDING, "fail", "system", _S.FAILED),
        edge(_S.PENDING, "expire", "system", _S.EXPIRED),
        edge(_S.PENDING, "review", "system", _S.IN_REVIEW),
        edge(_S.REQUIRES_ACTION, "settle", "system", _S.SUCCEEDED),
        edge(_S.REQUIRES_ACTION, "fail", "system", _S.FAILED),
        edge(_S.REQUIRES_ACTION, "expire", "system", _S.EXPIRED),
        edge(_S.REQUIRES_ACTION, "review", "system", _S.IN_REVIEW),
        # Late confirmations are real: declined or lapsed at first, approved after all.
        edge(_S.FAILED, "settle", "system", _S.SUCCEEDED),
        edge(_S.FAILED, "review", "system", _S.IN_REVIEW),
        edge(_S.EXPIRED, "settle", "system", _S.SUCCEEDED),
        edge(_S.EXPIRED, "review", "system", _S.IN_REVIEW),
        # What a person looked into, the gateway's answer still decides.
        edge(_S.IN_REVIEW, "settle", "system", _S.SUCCEEDED),
        edge(_S.IN_REVIEW, "fail", "system", _S.FAILED),
        edge(_S.IN_REVIEW, "expire", "system", _S.EXPIRED),
        # Captured money is never undone, only reversed, each with its postings.
        edge(_S.SUCCEEDED, "reverse", "system", _S.REVERSED),
        edge(_S.SUCCEEDED, "dispute", "system", _S.DISPUTED),
        edge(_S.DISPUTED, "win", "system", _S.WON),
        edge(_S.DISPUTED, "lose", "system", _S.LOST),
    ),
)

OPEN = (_S.CREATED, _S.PENDING, _S.REQUIRES_ACTION)
"""The payer may still approve: each such charge has a next check."""
CAPTURED = (_S.SUCCEEDED, _S.REVERSED, _S.DISPUTED, _S.WON, _S.LOST)
"""The payer's money was taken: each such charge has one capture entry."""


def edges_sql() -> str:
    """Return SQL of the trigger that refuses every step outside CHARGE_STATES.

    It also keeps what was agreed (amount, payer, payee, reference …) and what was
    captured from ever changing. A migration runs it again whenever the table changes;
    a test compares the database with this text.
    """
    pairs = sorted({(item.source, item.target) for item in CHARGE_STATES.edges})
    listed = ",\n      ".join(f"('{source}', '{target}')" for source, target in pairs)
    return f"""
CREATE OR REPLACE FUNCTION payments_charge_steps() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> '{ChargeStatus.CREATED}' THEN
      RAISE EXCEPTION 'a charge begins as created' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
      {listed}
  ) THEN
    RAISE EXCEPTION 'no step from % to %', OLD.status, NEW.status
      USING ERRCODE = '23514';
  END IF;
  IF (OLD.id, OLD.reference, OLD.subject, OLD.payer_id, OLD.payee_id, OLD.amount,
      OLD.currency, OLD.gateway, OLD.escrow_id)
     IS DISTINCT FROM
     (NEW.id, NEW.reference, NEW.subject, NEW.payer_id, NEW.payee_id, NEW.amount,
      NEW.currency, NEW.gateway, NEW.escrow_id)
  THEN
    RAISE EXCEPTION 'the terms of a charge do not change' USING ERRCODE = '23514';
  END IF;
  IF OLD.captured_at IS NOT NULL AND
     (OLD.captured_amount, OLD.captured_at, OLD.gateway_id)
     IS DISTINCT FROM (NEW.captured_amount, NEW.captured_at, NEW.gateway_id)
  THEN
    RAISE EXCEPTION 'what was captured does not change' USING ERRCODE = '23514';
  END IF;
  IF OLD.escrow_part <> '' AND OLD.escrow_part <> NEW.escrow_part THEN
    RAISE EXCEPTION 'what was decided about held money does not change'
      USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS payments_charge_steps ON payments_charge;
CREATE TRIGGER payments_charge_steps BEFORE INSERT OR UPDATE ON payments_charge
  FOR EACH ROW EXECUTE FUNCTION payments_charge_steps();
"""


DROP_EDGES_SQL = """
DROP TRIGGER IF EXISTS payments_charge_steps ON payments_charge;
DROP FUNCTION IF EXISTS payments_charge_steps();
"""
