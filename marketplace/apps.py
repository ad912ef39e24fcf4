"""The app's registration with Django."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Service providers and their jobs; no model yet."""

    name = "marketplace"
    label = "marketplace"
    verbose_name = "Services"
    default_auto_field = "django.db.models.BigAutoField"
