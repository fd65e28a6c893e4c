"""The partner API's routes about people, below /api/v1/."""

from django.urls import path

from profiles.rest import changes, consents, contacts, events, records, sources

urlpatterns = [
    path("contacts/", contacts.Contacts.as_view(), name="api_contacts"),
    path("contacts/bulk/", contacts.BulkContacts.as_view(), name="api_contacts_bulk"),
    path("contacts/lookup/", contacts.Lookup.as_view(), name="api_contacts_lookup"),
    path("contacts/<int:contact_id>/activity/", contacts.Activity.as_view(), name="api_activity"),
    path("contacts/<int:contact_id>/attributes/", contacts.Attributes.as_view(), name="api_attributes"),
    path("contacts/<int:contact_id>/timeline/", events.Timeline.as_view(), name="api_timeline"),
    path("contacts/<int:contact_id>/consent/", consents.Standing.as_view(), name="api_consent"),
    path("topics/", consents.Topics.as_view(), name="api_topics"),
    path("topics/<str:key>/", consents.OneTopic.as_view(), name="api_topic"),
    path("suppressions/", consents.Suppressions.as_view(), name="api_suppressions"),
    path("suppressions/<int:suppression_id>/", consents.OneSuppression.as_view(), name="api_suppression"),
    path("changes/<str:number>/", changes.Change.as_view(), name="api_change"),
    path("events/", events.Events.as_view(), name="api_events"),
    path("record-types/", records.RecordTypes.as_view(), name="api_record_types"),
    path("records/", records.Records.as_view(), name="api_records"),
    path(
        "records/<str:type_key>/<str:key>/people/", records.RecordPeople.as_view(), name="api_record_people"
    ),
    path("sources/", sources.Sources.as_view(), name="api_sources"),
    path("sources/<int:source_id>/", sources.OneSource.as_view(), name="api_source"),
]
