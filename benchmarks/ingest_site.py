"""The web server under measurement: the whole site as it is, and the naive view beside it."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
django.setup()

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

from benchmarks.ingest_baseline import naive

urlpatterns = [path("naive", naive), path("v1/", include("profiles.urls_api")), path("", include("cdp.urls"))]
settings.ROOT_URLCONF = "benchmarks.ingest_site"
application = get_wsgi_application()
