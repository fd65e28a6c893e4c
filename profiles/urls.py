"""Pages about people and about where their data comes from."""

from django.urls import path

from profiles import data_views, lifecycle_views, views

urlpatterns = [
    path("contacts/", views.contacts, name="contacts"),
    path("profiles/<int:contact_id>/", views.profile, name="profile"),
    path("profiles/<int:contact_id>/timeline/", views.more_timeline, name="timeline_more"),
    path("profiles/<int:contact_id>/timeline/new/", views.new_timeline, name="timeline_new"),
    path("data/sources/", data_views.sources, name="sources"),
    path("data/sources/new/", data_views.create_source, name="source_create"),
    path("data/sources/<int:source_id>/keys/new/", data_views.create_key, name="key_create"),
    path("data/keys/<int:key_id>/revoke/", data_views.revoke_key, name="key_revoke"),
    path("data/not-accepted/", data_views.not_accepted, name="not_accepted"),
    path("insights/lifecycle/", lifecycle_views.page_of_lifecycle, name="lifecycle"),
    path("insights/lifecycle/<str:name>/", lifecycle_views.chart, name="lifecycle_chart"),
]
