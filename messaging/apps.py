"""The app's registration with Django."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Notifications and the channels that carry them."""

    name = "messaging"
    label = "messaging"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the caught e-mail backend the place where it keeps mail."""
        from messaging.channels.email_caught import keep_with
        from messaging.services.caught import keep_caught

        keep_with(keep_caught)
