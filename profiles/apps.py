"""Django's entry for this app."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """Named so that Django finds it."""

    name = "profiles"
    default_auto_field = "django.db.models.BigAutoField"
