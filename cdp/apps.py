"""Django's entry for the roof; it connects the project's one signal."""

from typing import Any

from django.apps import AppConfig


class CdpConfig(AppConfig):
    """Named so that Django finds it."""

    name = "cdp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of arrivals, so that they are digested at once; make our Celery app the default one."""
        from cdp import celery  # noqa: F401
        from profiles import ingest

        ingest.received.connect(_wake_the_digest, dispatch_uid="cdp")


def _wake_the_digest(**_: Any) -> None:
    from cdp import tasks
    from cdp.celery import nudge

    nudge(tasks.digest)
