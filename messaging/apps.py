"""The app's registration with Django."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Notifications and the channels that carry them."""

    name = "messaging"
    label = "messaging"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"
