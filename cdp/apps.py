"""Django's entry for this app."""

from django.apps import AppConfig


class CdpConfig(AppConfig):
    """Named so that Django finds it."""

    name = "cdp"
    default_auto_field = "django.db.models.BigAutoField"
