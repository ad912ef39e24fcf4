"""The app of services."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketplaceConfig(AppConfig):
    """Tradespeople, what is asked of them, what they quote and the jobs they do."""

    name = "marketplace"
    verbose_name = _("Services")

    def ready(self) -> None:
        """Register who listens to what and what must always hold."""
        from marketplace import invariants, subscribers  # noqa: F401
