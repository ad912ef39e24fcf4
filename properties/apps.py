"""The app of homes."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PropertiesConfig(AppConfig):
    """Places, homes, listings, applications, leases and rent."""

    name = "properties"
    verbose_name = _("Offre et baux")

    def ready(self) -> None:
        """Register who listens to what and what must always hold."""
        from properties import invariants, subscribers  # noqa: F401
