"""The routes of webhooks, below /settings/developers/webhooks/."""

from django.urls import path

from cdp.webhooks import views

urlpatterns = [
    path("", views.every, name="webhooks"),
    path("new/", views.create, name="webhook_create"),
    path("<int:endpoint_id>/", views.one, name="webhook"),
    path("<int:endpoint_id>/edit/", views.edit, name="webhook_edit"),
    path("<int:endpoint_id>/secret/", views.rotate, name="webhook_rotate"),
    path("<int:endpoint_id>/switch/", views.switch, name="webhook_switch"),
    path("<int:endpoint_id>/test/", views.ping, name="webhook_test"),
    path("<int:endpoint_id>/replay/", views.replay, name="webhook_replay"),
    path("<int:endpoint_id>/delete/", views.delete, name="webhook_delete"),
    path("deliveries/<int:delivery_id>/again/", views.again, name="webhook_again"),
]
