"""Addresses that stand in mails. They must go on working for as long as the mails lie in inboxes."""

from django.urls import path

from journeys import public_views

app_name = "public"
urlpatterns = [
    path("t/c/<str:token>", public_views.click, name="click"),
    path("t/o/<str:token>.gif", public_views.pixel, name="pixel"),
    path("i/<str:token>.<str:extension>", public_views.image, name="image"),
    path("i/<str:token>/small.<str:extension>", public_views.thumbnail, name="thumbnail"),
    path("u/<str:token>", public_views.unsubscribe, name="unsubscribe"),
]
