"""Routes for machines that ask whether we are well."""

from django.urls import path

from cdp import health

urlpatterns = [
    path("health", health.alive, name="health"),
    path("health/ready", health.ready, name="health_ready"),
]
