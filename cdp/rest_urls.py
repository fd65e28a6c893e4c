"""The partner API's routes. Each app has its own; what needs several apps at once is the roof's."""

from django.urls import include, path, re_path

from cdp import rest
from profiles.rest.api import nowhere

urlpatterns = [
    path("api/schema/", rest.Description.as_view(), name="api_schema"),
    path("api/docs/", rest.Documentation.as_view(), name="api_docs"),
    path("api/v1/", include("profiles.rest.urls")),
    # Whatever else is asked for below here is told in the API's own shape.
    re_path(r"^api/.*$", nowhere(), name="api_nowhere"),
]
