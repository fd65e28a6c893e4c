"""The runbook's backup and restore, run line by line on a PostgreSQL of our own: what comes back is what was there."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cdp.runtime import postgres
from tests.house.tree import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]  # two migrations of everything

BLOCK = re.compile(r"^```sh (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILL = """
import datetime as dt
from django.utils import timezone
from cdp.models import SignInRules
from profiles import partitions
from profiles.models import Contact, Event, EventDefinition, Source
now = timezone.now()
months = [now - dt.timedelta(days=30 * one) for one in range(6)]
partitions.ensure(months, now=now)
source = Source.objects.create(name="Shop", kind="server")
ordered = EventDefinition.objects.create(name="Order Completed")
people = [Contact(id=1000 + n, first_name=f"Zoë {n}", email=f"p{n}@example.com", created_at=now, known_since_at=now,
                  random_bucket=n) for n in range(2000)]
Contact.objects.bulk_create(people)
Event.objects.bulk_create([
    Event(contact_id=1000 + n % 2000, persona_id=1000 + n % 2000, definition=ordered, source=source,
          occurred_at=months[n % 6], received_at=now, properties={"total": n}) for n in range(12000)])
SignInRules.objects.create(issuer="https://idp.example", client_secret="a kept secret")
"""
ASK = "from cdp.models import SignInRules; print(SignInRules.objects.get().client_secret)"


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL of this test alone."""
    folder = Path(tempfile.mkdtemp(prefix="kindred-restore-"))
    folder.chmod(0o755)
    made = postgres.prepare(folder, durable=False)
    process = made.start(log=folder / "log")
    made.ensure_database()
    yield made
    postgres.stop(process)
    shutil.rmtree(folder, ignore_errors=True)


def counts(url: str) -> dict[str, int]:
    """The rows of every table, partitions by themselves, and of every migration."""
    with psycopg.connect(url.replace("postgres://", "postgresql://")) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # type: ignore[index]
            for (name,) in tables
        }


def definitions(url: str) -> list[tuple[str, ...]]:
    """Every index and constraint by name, and whether it holds. Their text is put in other words by a restore."""
    with psycopg.connect(url.replace("postgres://", "postgresql://")) as connection:
        return connection.execute(
            "SELECT relname, indisvalid::text, indisunique::text FROM pg_index JOIN pg_class ON oid = indexrelid "
            "WHERE relnamespace = 'public'::regnamespace UNION ALL "
            "SELECT conrelid::regclass || ' ' || conname, convalidated::text, contype::text FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3"
        ).fetchall()


def test_it_restores_what_it_backed_up(server: postgres.Server, tmp_path: Path) -> None:
    blocks = dict(BLOCK.findall((ROOT / "docs/runbook.md").read_text()))
    restored = server.url.removesuffix("/kindred") + "/kindred_restored"
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(
            [str(server.programs / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        ),
        "SECRET_KEY": "a key that is kept apart from the dump, long enough to sign with",
        "DATABASE_URL": server.url,
        "BACKUP": str(tmp_path / "kindred.dump"),
        "MAINTENANCE_URL": server.url.removesuffix("/kindred") + "/postgres",
        "RESTORED_URL": restored,
    }

    def run(*command: str, **changes: str) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=environment | changes, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    run("python", "manage.py", "migrate", "--noinput")
    run("python", "manage.py", "shell", "--no-imports", "-c", FILL)
    before = counts(server.url)
    run("bash", "-euo", "pipefail", "-c", blocks["backup"])
    said = run("bash", "-euo", "pipefail", "-c", blocks["restore"])

    after = counts(restored)
    assert sum(number for name, number in after.items() if "profiles_event_" in name) >= 12_000
    # The rotation is itself written down.
    assert {name: number for name, number in after.items() if "auditlog" not in name} == {
        name: number for name, number in before.items() if "auditlog" not in name
    }
    assert definitions(restored) == definitions(server.url)
    assert "secrets are encrypted" in said
    shown = run("python", "manage.py", "shell", "--no-imports", "-c", ASK, DATABASE_URL=restored)
    assert shown.strip().endswith("a kept secret")


def test_it_does_not_take_a_cut_dump_for_a_backup(server: postgres.Server, tmp_path: Path) -> None:
    blocks = dict(BLOCK.findall((ROOT / "docs/runbook.md").read_text()))
    dump = tmp_path / "cut.dump"
    dump.write_bytes(b"PGDMP" + b"\0" * 10)

    done = subprocess.run(
        [str(server.programs / "bin" / "pg_restore"), "--list", str(dump)], capture_output=True, check=False
    )

    assert "pg_restore --list" in blocks["backup"]
    assert done.returncode != 0
