"""Every route of the site on one screen."""

from importlib.util import find_spec

from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path

from cdp import views

urlpatterns = [
    path("", views.home, name="home"),
    path("theme/", views.theme, name="theme"),
    path("", include("profiles.urls")),
    path("segments/", include("segments.urls")),
    path("journeys/", include("journeys.urls")),
    path("profiles/merges/<int:merge_id>/undo/", views.undo_merge, name="undo_merge"),
    path("test-mailbox/", views.mailbox, name="mailbox"),
    path("test-mailbox/<int:mail_id>/", views.mail, name="mail"),
    path("test-mailbox/<int:mail_id>/html/", views.mail_html, name="mail_html"),
    # Of allauth only what an invited team needs; nobody signs up, and nothing else of it is public.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("admin/", admin.site.urls),
    # Machines and mail programs: no sign-in.
    *(
        path(prefix, include(routes))
        for prefix, routes in (
            ("v1/", "profiles.urls_api"),
            ("", "journeys.urls_public"),
            ("", "cdp.urls_health"),
        )
        if find_spec(routes)
    ),
]
