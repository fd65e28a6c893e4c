"""The event API alone, where the roof has it."""

from django.urls import include, path

urlpatterns = [path("v1/", include("profiles.urls_api"))]
