"""The ledger: double entry, written once, balanced by the database itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel
from payments.models.charge import Charge
from payments.models.transfer import Transfer

INTERNAL = "internal"
"""In the place of a gateway: the entry moves money between our own accounts, and its
reference is the row that it was decided on (``escrow:<uuid>``, ``transfer:<uuid>``)."""


class LedgerAccount(AppendOnlyModel):
    """One account: a code of the chart (`payments.chart`), for one party, one currency.

    ``party_id`` is opaque: erasing a person never touches the ledger.
    """

    code = models.CharField(_("compte"), max_length=60)
    party_id = models.UUIDField(_("tiers"), null=True)
    currency = models.CharField(_("devise"), max_length=3)

    class Meta:
        verbose_name = _("compte du grand livre")
        verbose_name_plural = _("comptes du grand livre")
        constraints = (
            models.UniqueConstraint(
                fields=["code", "party_id", "currency"],
                nulls_distinct=False,
                name="ledger_account_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="ledger_account_currency_is_iso",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"


class JournalEntry(AppendOnlyModel):
    """One event of money; its postings sum to zero in each currency.

    ``legs`` is how many postings belong to it: the database compares at commit, so an
    entry is never complete with fewer and nobody adds to an old one.
    """

    class Kind(models.TextChoices):
        CAPTURE = "capture", _("Encaissement")
        GATEWAY_FEE = "gateway_fee", _("Frais de la passerelle")
        SUSPENSE = "suspense", _("Encaissement en attente d’affectation")
        SUSPENSE_RELEASE = "suspense_release", _("Sortie d’attente")
        ESCROW_RELEASE = "escrow_release", _("Sortie de séquestre")
        TRANSFER_RESERVE = "transfer_reserve", _("Mise en réserve d’un transfert")
        TRANSFER_RELEASE = "transfer_release", _("Mise en réserve levée")
        TRANSFER_SENT = "transfer_sent", _("Transfert versé")
        TRANSFER_FEE = "transfer_fee", _("Frais d’un transfert")
        TRANSFER_SUSPENSE = "transfer_suspense", _("Sortie d’argent à expliquer")

    kind = models.CharField(_("nature"), max_length=20, choices=Kind.choices)
    charge = models.ForeignKey(
        Charge,
        on_delete=models.PROTECT,
        null=True,
        related_name="entries",
        verbose_name=_("paiement"),
    )
    transfer = models.ForeignKey(
        Transfer,
        on_delete=models.PROTECT,
        null=True,
        related_name="entries",
        verbose_name=_("transfert"),
    )
    gateway = models.CharField(_("passerelle"), max_length=20)
    gateway_reference = models.CharField(_("n° de la passerelle"), max_length=64)
    legs = models.PositiveSmallIntegerField(_("nombre de lignes"))
    occurred_at = models.DateTimeField(_("date de l’opération"))
    request_id = models.CharField(_("requête"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("écriture")
        verbose_name_plural = _("grand livre")
        constraints = (
            # Once per thing of the gateway, whatever our own rows believe.
            models.UniqueConstraint(
                fields=["gateway", "gateway_reference", "kind"],
                name="journal_entry_once_per_gateway_reference",
            ),
            models.UniqueConstraint(
                fields=["charge", "kind"], name="journal_entry_once_per_charge"
            ),
            models.UniqueConstraint(
                fields=["transfer", "kind"], name="journal_entry_once_per_transfer"
            ),
            models.CheckConstraint(
                condition=Q(legs__gte=2), name="journal_entry_has_two_legs"
            ),
            models.CheckConstraint(
                condition=~Q(gateway="") & ~Q(gateway_reference=""),
                name="journal_entry_has_gateway_reference",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("capture",)) | Q(charge__isnull=False),
                name="journal_entry_capture_has_charge",
            ),
            models.CheckConstraint(
                condition=~Q(
                    kind__in=(
                        "transfer_reserve",
                        "transfer_release",
                        "transfer_sent",
                        "transfer_fee",
                    )
                )
                | Q(transfer__isnull=False),
                name="journal_entry_transfer_has_its_row",
            ),
        )
        indexes = (
            models.Index(fields=["occurred_at", "id"], name="journal_entry_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.gateway_reference}"


class Posting(AppendOnlyModel):
    """One leg: `amount` in the account's minor unit, debit positive, credit negative."""

    entry = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        related_name="postings",
        verbose_name=_("écriture"),
    )
    account = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="postings",
        verbose_name=_("compte"),
    )
    amount = models.BigIntegerField(_("montant"))

    class Meta:
        verbose_name = _("ligne d’écriture")
        verbose_name_plural = _("lignes d’écriture")
        constraints = (
            models.CheckConstraint(
                condition=~Q(amount=0), name="posting_amount_is_not_zero"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount:+d}"


BALANCE_SQL = """
CREATE OR REPLACE FUNCTION payments_entry_balances() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  wanted uuid;
  expected integer;
  found integer;
BEGIN
  IF TG_TABLE_NAME = 'payments_posting' THEN
    wanted := NEW.entry_id;
  ELSE
    wanted := NEW.id;
  END IF;
  SELECT legs INTO expected FROM payments_journalentry WHERE id = wanted;
  SELECT count(*) INTO found FROM payments_posting WHERE entry_id = wanted;
  IF found IS DISTINCT FROM expected THEN
    RAISE EXCEPTION 'entry % has % legs of %', wanted, found, expected
      USING ERRCODE = '23514';
  END IF;
  IF EXISTS (
    SELECT 1 FROM payments_posting p
    JOIN payments_ledgeraccount a ON a.id = p.account_id
    WHERE p.entry_id = wanted
    GROUP BY a.currency HAVING sum(p.amount) <> 0
  ) THEN
    RAISE EXCEPTION 'entry % does not balance', wanted USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_entry_balances
  AFTER INSERT ON payments_journalentry
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION payments_entry_balances();
CREATE CONSTRAINT TRIGGER payments_posting_balances
  AFTER INSERT ON payments_posting
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION payments_entry_balances();
"""

DROP_BALANCE_SQL = """
DROP TRIGGER IF EXISTS payments_posting_balances ON payments_posting;
DROP TRIGGER IF EXISTS payments_entry_balances ON payments_journalentry;
DROP FUNCTION IF EXISTS payments_entry_balances();
"""
