"""The web server under measurement: the whole site as it is, and the bare list beside it at `/bare/`."""

from django.conf import settings
from django.urls import include, path

from cdp.wsgi import application

__all__ = ["application"]


def _routes() -> list[object]:
    from benchmarks.pages_baseline import contacts

    return [path("bare/", contacts), path("", include("cdp.urls"))]


urlpatterns = _routes()
settings.ROOT_URLCONF = __name__
