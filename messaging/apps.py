"""The app's registration with Django."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Conversations, notifications and the channels that carry them."""

    name = "messaging"
    label = "messaging"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks and what can be reported; let caught mail be kept."""
        from accounts.services.moderation.parties import register_parties
        from accounts.services.moderation.reportables import register_reportable
        from accounts.services.signing_in.stakes import register_history
        from messaging import checks as checks
        from messaging.channels.email_caught import keep_with
        from messaging.queries.parties import (
            conversation_parties,
            has_conversations,
            message_parties,
        )
        from messaging.queries.reports import message_evidence
        from messaging.services.caught import keep_caught

        keep_with(keep_caught)
        register_history("conversation", has_conversations)
        register_reportable("message", message_evidence, title="Message signalé")
        register_parties("message", message_parties)
        register_parties("conversation", conversation_parties)
