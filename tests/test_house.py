"""The house: the schema's promises that no other test would miss."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_it_has_a_migration_for_every_model() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
