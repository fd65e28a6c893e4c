"""Django's entry for the admin: its site is ours."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class KindredAdmin(SimpleAdminConfig):
    """The admin, on the site of `cdp.administration.site`.

    Its pages are found when the routes are (`cdp.urls`) or when the project is checked: workers and commands show
    none of them, and start in half the time.
    """

    default_site = "cdp.administration.site.KindredSite"

    def ready(self) -> None:
        """Have the pages checked, all of them."""
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(app_configs: Sequence[AppConfig] | None, **named: Any) -> list[checks.CheckMessage]:
    admin.autodiscover()
    return check_admin_app(app_configs, **named)
