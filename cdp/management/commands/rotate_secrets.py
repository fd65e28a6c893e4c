"""`manage.py rotate_secrets`: encrypt stored secrets with the present SECRET_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from cdp import rotation
from cdp.lib import audit


class Command(BaseCommand):
    """After SECRET_KEY was changed and the old one stands in SECRET_KEY_FALLBACKS."""

    help = (
        "Encrypts every stored secret (passwords of mail servers, …) with the present SECRET_KEY, so that an older"
        " one can leave SECRET_KEY_FALLBACKS once links in mails that it signed may end."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done, place by place."""
        with audit.on_behalf("manage.py rotate_secrets"):
            done = rotation.rotate()
        for place, count in done.items():
            self.stdout.write(f"{place}: {count}")
        self.stdout.write(self.style.SUCCESS(f"{sum(done.values())} secrets are encrypted with SECRET_KEY."))
