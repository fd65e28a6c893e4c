"""Django's entry for the roof; it connects the project's one signal."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CdpConfig(AppConfig):
    """Named so that Django finds it."""

    name = "cdp"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hear of arrivals, so that they are digested at once; make our Celery app the default one, and the groups;
        have changes of configuration written down.
        """
        from cdp import access, audit
        from cdp.team import accounts
        from profiles import ingest

        # Connected for the roof alone: by its turn, the permissions of every app below have been made.
        post_migrate.connect(access.furnish, sender=self, dispatch_uid="cdp.access")
        accounts.connect()
        audit.follow()
        ingest.received.connect(_wake_the_digest, dispatch_uid="cdp")


def _wake_the_digest(**_: Any) -> None:
    from cdp import tasks
    from cdp.celery import nudge

    nudge(tasks.digest)
