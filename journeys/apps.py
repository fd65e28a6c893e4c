"""Django's entry for this app."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """Named so that Django finds it."""

    name = "journeys"
    default_auto_field = "django.db.models.BigAutoField"
