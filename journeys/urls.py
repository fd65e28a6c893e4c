"""Pages about journeys."""

from django.urls import path

from journeys import views

urlpatterns = [
    path("new/", views.create, name="journey_create"),
    path("of/<int:contact_id>/", views.of_contact, name="journeys_of"),
    path("next/<int:contact_id>/", views.next_of_contact, name="journeys_next"),
    path("<int:journey_id>/", views.journey, name="journey"),
    path("<int:journey_id>/edit/", views.edit, name="journey_edit"),
    path("<int:journey_id>/publish/", views.publish, name="journey_publish"),
    path("<int:journey_id>/pause/", views.pause, name="journey_pause"),
    path("<int:journey_id>/resume/", views.resume, name="journey_resume"),
]
