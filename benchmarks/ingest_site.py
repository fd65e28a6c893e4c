"""The web server under measurement: the whole site as it is, and the naive view beside it."""

from django.conf import settings
from django.urls import include, path

from cdp.wsgi import application

__all__ = ["application"]


def _routes() -> list[object]:
    from benchmarks.ingest_baseline import naive

    return [path("naive", naive), path("v1/", include("profiles.urls_api")), path("", include("cdp.urls"))]


urlpatterns = _routes()
settings.ROOT_URLCONF = __name__
