"""Django's entry for the admin: its site is ours."""

from django.contrib.admin.apps import AdminConfig


class KindredAdmin(AdminConfig):
    """The admin, on the site of `cdp.administration.site`."""

    default = False
    default_site = "cdp.administration.site.KindredSite"
