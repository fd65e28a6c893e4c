"""Django's entry for the admin: its site is ours."""

from django.contrib.admin.apps import AdminConfig


class KindredAdmin(AdminConfig):
    """The admin, on the site of `cdp.admin_site`."""

    default = False
    default_site = "cdp.admin_site.KindredSite"
