"""Pages about segments."""

from django.urls import path

from segments import views

urlpatterns = [
    path("new/", views.create, name="segment_create"),
    path("preview/", views.preview_definition, name="segment_preview"),
    path("of/<int:contact_id>/", views.of_contact, name="segments_of"),
    path("<int:segment_id>/", views.segment, name="segment"),
    path("<int:segment_id>/edit/", views.edit, name="segment_edit"),
]
