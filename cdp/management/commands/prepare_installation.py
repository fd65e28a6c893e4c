"""`manage.py prepare_installation`: tables and the first admin; the one-command start runs it each time."""

import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from cdp.demo import state
from cdp.runtime.place import write_private

EMAIL = "admin@kindred.example"
LABEL = "Password   "


class Command(BaseCommand):
    """Migrates, and makes an admin when there is none."""

    help = "Create or update the tables, and make the first admin."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the first password is kept until it is changed."""
        parser.add_argument("--sign-in-file", type=Path, required=True)
        parser.add_argument("--with-demo", action="store_true", help="load the sample shop where it is new")

    def handle(self, *args: Any, sign_in_file: Path, with_demo: bool = False, **options: Any) -> None:
        """Safe to run again, and after it stopped half-way."""
        call_command("migrate", interactive=False, verbosity=1)
        admin = User.objects.filter(is_superuser=True, is_active=True).order_by("id").first()
        kept = _kept(sign_in_file)
        if admin is None:
            # The file first: an account nobody knows the password of would be worse than a file without account.
            password = kept or secrets.token_urlsafe(12)
            write_private(sign_in_file, f"Sign in    {EMAIL}\n{LABEL}{password}\n")
            make_admin(password)
        elif kept and not admin.check_password(kept):
            sign_in_file.unlink()  # it was changed
        if with_demo:
            state.begin_on_a_new_installation(now=timezone.now())


def make_admin(password: str) -> User:
    """The first admin, able to sign in by e-mail."""
    with transaction.atomic():
        admin = User.objects.create_superuser(username="admin", email=EMAIL, password=password)
        EmailAddress.objects.create(user=admin, email=EMAIL, verified=True, primary=True)
    return admin


def _kept(file: Path) -> str:
    if not file.exists():
        return ""
    lines = file.read_text().splitlines()
    return next((line.removeprefix(LABEL) for line in lines if line.startswith(LABEL)), "")
