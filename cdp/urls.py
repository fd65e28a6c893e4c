"""Every route of the site on one screen."""

from django.contrib import admin
from django.urls import include, path

from cdp import audit_views, bell_views, calendar_views, campaign_views, example_views, tour_views, views
from journeys import sending_views, uses_views, workspace_views

handler403 = "cdp.views.forbidden"

urlpatterns = [
    # Machines and mail programs: no sign-in. First, because they come by the thousand.
    path("v1/", include("profiles.urls_api")),
    path("", include("cdp.rest.urls")),
    path("", include("journeys.urls_public")),
    path("", include("cdp.urls_health")),
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("theme/", views.theme, name="theme"),
    path("bell/", bell_views.every, name="bell"),
    path("bell/count/", bell_views.count, name="bell_count"),
    path("examples/", example_views.every, name="examples"),
    path("tour/", tour_views.every, name="tour"),
    path("", include("profiles.urls")),
    path("", include("cdp.shelves")),
    path("", include("cdp.demo.urls")),
    path("segments/", include("segments.urls")),
    path("journeys/using/<int:segment_id>/", uses_views.using, name="journeys_using"),
    path("broadcasts/", include("journeys.broadcasts.urls")),
    path("settings/workspace/", workspace_views.workspace, name="workspace"),
    path("settings/sending/", sending_views.sending, name="sending"),
    path("journeys/", include("journeys.urls")),
    path("", include("journeys.content.urls")),
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("campaigns/new/", campaign_views.create, name="campaign_create"),
    path("campaigns/<int:campaign_id>/", campaign_views.one, name="campaign"),
    path("campaigns/<int:campaign_id>/uncopy/", campaign_views.uncopy, name="campaign_uncopy"),
    path("profiles/merges/", views.merge_people, name="merge_people"),
    path("profiles/merges/<int:merge_id>/undo/", views.undo_merge, name="undo_merge"),
    path("settings/developers/webhooks/", include("cdp.webhooks.urls")),
    path("settings/audit-log/", audit_views.log, name="audit_log"),
    path("settings/audit-log/export/", audit_views.export, name="audit_export"),
    path("test-mailbox/", views.mailbox, name="mailbox"),
    path("test-mailbox/<int:mail_id>/", views.mail, name="mail"),
    path("test-mailbox/<int:mail_id>/html/", views.mail_html, name="mail_html"),
    path("", include("cdp.team.urls")),
    path("admin/", admin.site.urls),
]
