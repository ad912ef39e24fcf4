"""The app of homes."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PropertiesConfig(AppConfig):
    """Places, homes, listings, applications, leases and rent."""

    name = "properties"
    verbose_name = _("Offre et baux")

    def ready(self) -> None:
        """Register who listens to what, what must always hold, what can be reported."""
        from accounts.services.moderation.parties import register_parties
        from accounts.services.moderation.reportables import register_reportable
        from accounts.services.signing_in.stakes import register_history, register_stake

        # Imported for what they register.
        from properties import invariants, subscribers  # noqa: F401
        from properties.queries import parties
        from properties.queries.reported import reported_listing
        from properties.queries.stakes import has_applied, has_ever_leased, has_lease

        register_stake("lease", has_lease)
        register_history("lease", has_ever_leased)
        register_history("application", has_applied)
        register_reportable("listing", reported_listing, title="Annonce signalée")
        register_parties("listing", parties.listing_parties)
        register_parties("application", parties.application_parties)
        register_parties("lease", parties.lease_parties)
        register_parties("ticket", parties.ticket_parties)
