"""Django's entry for this app."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """Named so that Django finds it."""

    name = "segments"
    default_auto_field = "django.db.models.BigAutoField"
