"""Quotes: a provider's price, line by line. Written once; a revision is a new quote."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lokahome.core.db.models import AppendOnlyModel, VersionedModel, VisibleQuerySet
from lokahome.core.money import XOF, Money
from lokahome.core.states import StateMachine, edge
from marketplace.models.requests import ServiceRequest

MOST_REVISIONS = 20
LEAST_TOTAL, MOST_TOTAL = 100, 3_000_000
"""Francs: what one mobile-money payment takes (see `payments.policies`)."""


class QuoteQuerySet(VisibleQuerySet["Quote"]):
    """Quotes: between the requester and the provider who wrote them."""

    def visible_to(self, user: Any) -> Self:
        """Return the quotes that *user* wrote or was sent; rivals never see them."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Q(provider_id=user.pk) | Q(request__requester_id=user.pk))

    def waiting(self) -> Self:
        """Return the quotes that wait for an answer."""
        return self.filter(status=Quote.Status.SENT)


class Quote(VersionedModel):
    """One price of one provider for one request."""

    class Status(models.TextChoices):
        SENT = "sent", _("Envoyé")
        ACCEPTED = "accepted", _("Accepté")
        DECLINED = "declined", _("Refusé")
        WITHDRAWN = "withdrawn", _("Retiré")
        EXPIRED = "expired", _("Expiré")
        SUPERSEDED = "superseded", _("Remplacé")

    request = models.ForeignKey(
        ServiceRequest,
        models.PROTECT,
        related_name="quotes",
        verbose_name=_("demande"),
    )
    provider = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("prestataire"),
    )
    """The person; the profile is ``provider.provider_profile``."""
    revision = models.IntegerField(_("révision"), default=1)
    total = models.IntegerField(_("total"))
    """Sum of the lines: a deferred trigger refuses any other."""
    currency = models.CharField(_("devise"), max_length=3, default=XOF)
    note = models.CharField(_("note"), max_length=1000, blank=True)
    starts_at = models.DateTimeField(_("intervention proposée le"), null=True)
    """When the provider would come; becomes the job's appointment."""
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    status = models.CharField(
        _("état"), max_length=20, choices=Status.choices, default=Status.SENT
    )
    decided_at = models.DateTimeField(_("terminé le"), null=True)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("devis")
        verbose_name_plural = _("devis")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["request", "provider"],
                condition=Q(status__in=["sent", "accepted"]),
                name="marketplace_quote_one_live",
            ),
            models.UniqueConstraint(
                fields=["request", "provider", "revision"],
                name="marketplace_quote_revision_once",
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(status="accepted"),
                name="marketplace_quote_one_accepted",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=(
                        "sent",
                        "accepted",
                        "declined",
                        "withdrawn",
                        "expired",
                        "superseded",
                    )
                ),
                name="marketplace_quote_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(total__range=(LEAST_TOTAL, MOST_TOTAL), currency="XOF"),
                name="marketplace_quote_total_can_be_paid",
            ),
            models.CheckConstraint(
                condition=Q(revision__range=(1, MOST_REVISIONS)),
                name="marketplace_quote_revision_is_plausible",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", decided_at=None)
                | (~Q(status="sent") & Q(decided_at__isnull=False)),
                name="marketplace_quote_decided_has_moment",
            ),
        )
        indexes = (
            models.Index(fields=["provider", "-id"], name="marketplace_quote_mine"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="sent"),
                name="marketplace_quote_to_expire",
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.status} {self.total}"

    @property
    def money(self) -> Money:
        """What the customer would pay."""
        return Money(self.total, self.currency)


class QuoteLine(AppendOnlyModel):
    """One line of a quote."""

    class Kind(models.TextChoices):
        LABOUR = "labour", _("main-d’œuvre")
        MATERIALS = "materials", _("fournitures")
        TRANSPORT = "transport", _("déplacement")
        OTHER = "other", _("autre")

    quote = models.ForeignKey(
        Quote, models.PROTECT, related_name="lines", verbose_name=_("devis")
    )
    position = models.IntegerField(_("rang"))
    kind = models.CharField(_("nature"), max_length=20, choices=Kind.choices)
    label = models.CharField(_("libellé"), max_length=120)
    amount = models.IntegerField(_("montant"))

    class Meta:
        verbose_name = _("ligne de devis")
        verbose_name_plural = _("lignes de devis")
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=["quote", "position"], name="marketplace_quoteline_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("labour", "materials", "transport", "other")),
                name="marketplace_quoteline_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(amount__range=(1, MOST_TOTAL)),
                name="marketplace_quoteline_amount_is_positive",
            ),
            models.CheckConstraint(
                condition=~Q(label=""), name="marketplace_quoteline_has_label"
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} {self.amount}"


TOTAL_SQL = """
CREATE OR REPLACE FUNCTION marketplace_quote_adds_up() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  wanted uuid;
BEGIN
  IF TG_TABLE_NAME = 'marketplace_quoteline' THEN
    wanted := NEW.quote_id;
  ELSE
    wanted := NEW.id;
  END IF;
  IF EXISTS (
    SELECT 1 FROM marketplace_quote q WHERE q.id = wanted AND q.total IS DISTINCT FROM
      (SELECT sum(l.amount) FROM marketplace_quoteline l WHERE l.quote_id = q.id)
  ) THEN
    RAISE EXCEPTION 'quote % is not the sum of its lines', wanted
      USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER marketplace_quote_adds_up
  AFTER INSERT OR UPDATE OF total ON marketplace_quote
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION marketplace_quote_adds_up();
CREATE CONSTRAINT TRIGGER marketplace_quoteline_adds_up
  AFTER INSERT ON marketplace_quoteline
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION marketplace_quote_adds_up();
"""

DROP_TOTAL_SQL = """
DROP TRIGGER IF EXISTS marketplace_quoteline_adds_up ON marketplace_quoteline;
DROP TRIGGER IF EXISTS marketplace_quote_adds_up ON marketplace_quote;
DROP FUNCTION IF EXISTS marketplace_quote_adds_up();
"""

_S = Quote.Status
QUOTE_STATES = StateMachine(
    "quote",
    [
        edge(_S.SENT, "accept", "requester", _S.ACCEPTED),
        edge(_S.SENT, "decline", "requester system", _S.DECLINED),
        edge(_S.SENT, "withdraw", "provider", _S.WITHDRAWN),
        edge(_S.SENT, "expire", "system", _S.EXPIRED),
        edge(_S.SENT, "supersede", "provider", _S.SUPERSEDED),
    ],
)
