"""Pages about segments."""

from django.urls import path

from segments import builder_views, list_views, views

urlpatterns = [
    path("new/", builder_views.create, name="segment_create"),
    path("new/saving/", builder_views.before_saving, name="segment_saving_new"),
    path("rows/", builder_views.rows, name="segment_rows"),
    path("preview/", builder_views.count, name="segment_preview"),
    path("picker/", builder_views.picker, name="segment_picker"),
    path("values/", builder_views.values, name="segment_values"),
    path("of/<int:contact_id>/", views.of_contact, name="segments_of"),
    path("<int:segment_id>/", views.segment, name="segment"),
    path("<int:segment_id>/people.csv", views.export, name="segment_export"),
    path("<int:segment_id>/versions/<int:number>/restore/", views.restore, name="segment_version_restore"),
    path("<int:segment_id>/edit/", builder_views.edit, name="segment_edit"),
    path("<int:segment_id>/saving/", builder_views.before_saving, name="segment_saving"),
    path("lists/new/", list_views.create, name="list_create"),
    path("<int:list_id>/people/find/", list_views.find, name="list_find"),
    path("<int:list_id>/people/add/", list_views.add, name="list_add"),
    path("<int:list_id>/people/remove/", list_views.remove, name="list_remove"),
    path("<int:list_id>/people/paste/", list_views.paste, name="list_paste"),
    path("<int:list_id>/people/from/", list_views.fill, name="list_fill"),
]
