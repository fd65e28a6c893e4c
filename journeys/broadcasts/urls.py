"""Pages about broadcasts; their list is made by the shelf."""

from django.urls import path

from journeys.broadcasts import draft_views, views

urlpatterns = [
    path("new/", draft_views.create, name="broadcast_create"),
    path("<int:broadcast_id>/", views.broadcast, name="broadcast"),
    path("<int:broadcast_id>/step/<str:name>/", draft_views.step, name="broadcast_step"),
    path("<int:broadcast_id>/count/", draft_views.count, name="broadcast_count"),
    path("<int:broadcast_id>/send/", draft_views.send, name="broadcast_send"),
    path("<int:broadcast_id>/progress/", views.progress, name="broadcast_progress"),
    path("<int:broadcast_id>/why/", views.ask_why, name="broadcast_why"),
    path("<int:broadcast_id>/unschedule/", views.unschedule, name="broadcast_unschedule"),
    path("<int:broadcast_id>/stop/", views.stop, name="broadcast_stop"),
    path("<int:broadcast_id>/resume/", views.resume, name="broadcast_resume"),
    path("<int:broadcast_id>/cancel/", views.cancel, name="broadcast_cancel"),
]
