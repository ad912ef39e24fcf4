"""The app's registration with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, roles, sign-in codes, cases."""

    name = "accounts"
    label = "accounts"
    verbose_name = "Personnes"
    default_auto_field = "django.db.models.BigAutoField"
