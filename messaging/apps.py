"""The app's registration with Django."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Notifications and the channels that carry them."""

    name = "messaging"
    label = "messaging"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks; tell the caught e-mail backend where it keeps mail."""
        from messaging import checks as checks
        from messaging.channels.email_caught import keep_with
        from messaging.services.caught import keep_caught

        keep_with(keep_caught)
