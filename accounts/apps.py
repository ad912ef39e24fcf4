"""The app's registration with Django."""

from functools import partial

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, roles, sign-in codes, cases."""

    name = "accounts"
    label = "accounts"
    verbose_name = "Personnes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the seeds of second factors take part in the rotation of keys."""
        from accounts.services.staff.factor_adapter import KEYS, FactorSeeds
        from lokahome.core.crypto.rotating import register_ciphertexts

        for kind in KEYS:
            register_ciphertexts(f"second_factors.{kind}", partial(FactorSeeds, kind))
