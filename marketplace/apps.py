"""The app of services."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketplaceConfig(AppConfig):
    """Tradespeople, what is asked of them, what they quote and the jobs they do."""

    name = "marketplace"
    verbose_name = _("Services")

    def ready(self) -> None:
        """Register who listens to what, what must always hold, what can be reported."""
        from accounts.services.moderation.parties import register_parties
        from accounts.services.moderation.reportables import register_reportable
        from accounts.services.signing_in.stakes import register_history

        # Imported for what they register.
        from marketplace import invariants, subscribers  # noqa: F401
        from marketplace.queries import parties
        from marketplace.queries.reported import reported_provider, reported_review

        register_history("service", parties.has_dealt)
        register_reportable("review", reported_review, title="Avis signalé")
        register_reportable("provider", reported_provider, title="Prestataire signalé")
        register_parties("provider", parties.provider_parties)
        register_parties("review", parties.review_parties)
        register_parties("service_request", parties.request_parties)
        register_parties("job", parties.job_parties)
