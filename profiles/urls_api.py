"""The event API's routes, below /v1/."""

from django.urls import path

from profiles import api

urlpatterns = [
    path("identify", api.identify, name="v1_identify"),
    path("track", api.track, name="v1_track"),
    path("batch", api.batch, name="v1_batch"),
]
