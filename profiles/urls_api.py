"""The event API's routes, below /v1/."""

from django.urls import path

from profiles import api

urlpatterns = [
    path("identify", api.identify, name="v1_identify"),
    path("track", api.track, name="v1_track"),
    path("page", api.page, name="v1_page"),
    path("screen", api.screen, name="v1_screen"),
    path("group", api.group, name="v1_group"),
    path("alias", api.alias, name="v1_alias"),
    path("import", api.import_history, name="v1_import"),
    path("batch", api.batch, name="v1_batch"),
]
