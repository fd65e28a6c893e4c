"""The partner API's routes. Each app has its own; what needs several apps at once is the roof's."""

from django.urls import include, path, re_path

from cdp.rest import contacts, records
from cdp.rest import description as rest
from profiles.rest.api import nowhere

urlpatterns = [
    path("api/schema/", rest.description, name="api_schema"),
    path("api/docs/", rest.Documentation.as_view(), name="api_docs"),
    path("api/v1/contacts/<int:contact_id>/", contacts.EditedContact.as_view(), name="api_contact"),
    path("api/v1/contacts/<int:contact_id>/merges/", contacts.Merges.as_view(), name="api_merges"),
    path("api/v1/merges/<int:merge_id>/", contacts.OneMerge.as_view(), name="api_merge"),
    path("api/v1/merges/<int:merge_id>/undo/", contacts.UndoneMerge.as_view(), name="api_merge_undo"),
    path(
        "api/v1/record-types/<str:type_key>/",
        records.WrittenRecordType.as_view(),
        name="api_record_type",
    ),
    path("api/v1/records/<str:type_key>/<str:key>/", records.WrittenRecord.as_view(), name="api_record"),
    path("api/v1/", include("profiles.rest.urls")),
    path("api/v1/", include("segments.rest_urls")),
    path("api/v1/", include("journeys.rest_urls")),
    # Whatever else is asked for below here is told in the API's own shape.
    re_path(r"^api/.*$", nowhere(), name="api_nowhere"),
]
