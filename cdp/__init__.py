"""The roof: settings, routes, the pipeline, and everything that may know all apps."""

from cdp.celery import app as celery_app

__all__ = ["celery_app"]
