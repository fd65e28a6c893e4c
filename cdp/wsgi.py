"""The door for web servers: gunicorn loads `cdp.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")

application = get_wsgi_application()
# Every route, before the workers part: else each loads them at its first request.
_ = get_resolver().url_patterns
