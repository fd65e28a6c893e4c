"""Pages about people and about where their data comes from."""

from django.urls import path

from profiles import (
    consent_views,
    data_views,
    developer_views,
    import_views,
    lifecycle_views,
    merge_views,
    note_views,
    profile_views,
    stage_views,
    views,
)

urlpatterns = [
    path("contacts/", views.contacts, name="contacts"),
    path("contacts/export/", views.export_contacts, name="contacts_export"),
    path("profiles/<int:contact_id>/", profile_views.profile, name="profile"),
    path("profiles/<int:contact_id>/header/", profile_views.header, name="profile_header"),
    path("profiles/<int:contact_id>/life/", profile_views.life, name="profile_life"),
    path("profiles/<int:contact_id>/timeline/", profile_views.more_timeline, name="timeline_more"),
    path("profiles/<int:contact_id>/timeline/new/", profile_views.new_timeline, name="timeline_new"),
    path("profiles/<int:contact_id>/consent/", consent_views.change, name="consent_change"),
    path("profiles/<int:contact_id>/merge/", merge_views.choose, name="merge_choose"),
    path("profiles/<int:contact_id>/merge/<int:other_id>/", merge_views.preview, name="merge_preview"),
    path("profiles/<int:contact_id>/notes/now/", note_views.notes_of, name="notes_of"),
    path("profiles/<int:contact_id>/notes/", note_views.write_note, name="note_write"),
    path("notes/<int:note_id>/", note_views.change_note, name="note_change"),
    path("notes/<int:note_id>/delete/", note_views.delete_note, name="note_delete"),
    path("notes/<int:note_id>/restore/", note_views.restore_note, name="note_restore"),
    path("settings/stages/", stage_views.stages, name="stages"),
    path("settings/developers/", developer_views.developers, name="developers"),
    path("settings/developers/keys/new/", developer_views.create_api_key, name="api_key_create"),
    path(
        "settings/developers/keys/<int:key_id>/revoke/", developer_views.revoke_api_key, name="api_key_revoke"
    ),
    path("data/imports/", import_views.every, name="imports"),
    path("data/imports/new/", import_views.upload, name="import_upload"),
    path("data/imports/<int:import_id>/", import_views.one, name="import"),
    path("data/imports/<int:import_id>/begin/", import_views.begin, name="import_begin"),
    path("data/imports/<int:import_id>/stop/", import_views.stop, name="import_stop"),
    path("data/imports/<int:import_id>/progress/", import_views.progress, name="import_progress"),
    path("data/imports/<int:import_id>/refused.csv", import_views.refused, name="import_refused"),
    path("data/sources/", data_views.sources, name="sources"),
    path("data/sources/new/", data_views.create_source, name="source_create"),
    path("data/sources/<int:source_id>/keys/new/", data_views.create_key, name="key_create"),
    path("data/keys/<int:key_id>/revoke/", data_views.revoke_key, name="key_revoke"),
    path("data/not-accepted/", data_views.not_accepted, name="not_accepted"),
    path("insights/lifecycle/", lifecycle_views.page_of_lifecycle, name="lifecycle"),
    path("insights/lifecycle/<str:name>/", lifecycle_views.chart, name="lifecycle_chart"),
]
