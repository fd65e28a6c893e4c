"""The partner API's routes about people, below /api/v1/."""

from django.urls import path

from profiles.rest import sources

urlpatterns = [
    path("sources/", sources.Sources.as_view(), name="api_sources"),
    path("sources/<int:source_id>/", sources.OneSource.as_view(), name="api_source"),
]
