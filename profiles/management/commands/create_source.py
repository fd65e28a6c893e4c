"""Make a source and show its write key, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from profiles import keys
from profiles.models import Lane, Party, Source

KINDS = ("server", "browser")
LANES = {"live": Lane.LIVE, "bulk": Lane.BULK}
PARTIES = {"first": Party.FIRST, "second": Party.SECOND, "third": Party.THIRD}


class Command(BaseCommand):
    """Make a source and show its write key, once."""

    help = "Make a source of events and print its write key. The key is not stored and cannot be shown again."
    requires_system_checks = []  # they load every route, for one row

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME --kind server|browser [--lane live|bulk] [--party first|second|third]."""
        parser.add_argument("name", help="what the source is called, such as: Webshop")
        parser.add_argument("--kind", choices=KINDS, required=True, help="who holds the key")
        parser.add_argument("--lane", choices=LANES, default="live", help="bulk waits behind live")
        parser.add_argument("--party", choices=PARTIES, default="first", help="whose data it is")

    def handle(self, *, name: str, kind: str, lane: str, party: str, **options: Any) -> None:
        """Print the key alone on standard output, so that a script can take it; the explanation on the other."""
        with transaction.atomic():
            if Source.objects.filter(name=name).exists():
                raise CommandError(f"There is a source called “{name}” already; choose another name.")
            source = Source.objects.create(name=name, kind=kind, lane=LANES[lane], party=PARTIES[party])
            key = keys.issue(source)
        self.stderr.write(f"Write key of “{name}”. Keep it: it is shown only now.")
        self.stdout.write(key)
