"""The app's registration with Django."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Gateways, charges, ledger, reconciliation, receipts."""

    name = "payments"
    label = "payments"
    verbose_name = "Argent"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register who listens to what, what must always hold, whose money is here."""
        from accounts.services.moderation.parties import register_parties
        from accounts.services.signing_in.stakes import register_history, register_stake

        # Imported for what they register.
        from payments import invariants, subscribers  # noqa: F401
        from payments.queries import (
            charge_parties,
            has_money,
            has_paid,
            transfer_parties,
        )

        register_stake("money", has_money)
        register_history("payment", has_paid)
        register_parties("charge", charge_parties)
        for noun in ("transfer", "payout", "refund"):
            register_parties(noun, transfer_parties)
