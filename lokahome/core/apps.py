"""Core's start-up: grants after migrations, every app's subscribers, system checks."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """The ground, as an installed app."""

    name = "lokahome.core"
    label = "core"
    verbose_name = "Socle"

    def ready(self) -> None:
        """Connect what must be known in every process."""
        from lokahome.core import checks as checks
        from lokahome.core.db.grants import grant_application_role

        def grant(using: str, **_: object) -> None:
            grant_application_role(using)

        post_migrate.connect(grant, sender=self, weak=False)
        autodiscover_modules("events", "subscribers", "invariants", "personal")
        autodiscover_modules("services.privacy", "services.retention")
