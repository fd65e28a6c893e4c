"""Pages about journeys."""

from django.urls import path

from journeys.views import conditions, editor, edits, journey, people, profile, simulate, why

urlpatterns = [
    path("new/", journey.create, name="journey_create"),
    path("of/<int:contact_id>/", profile.of_contact, name="journeys_of"),
    path("next/<int:contact_id>/", profile.next_of_contact, name="journeys_next"),
    path("of/<int:contact_id>/why/", why.of_contact, name="journeys_why"),
    path("<int:journey_id>/", editor.journey, name="journey"),
    path("<int:journey_id>/edit/", editor.journey, name="journey_edit"),
    path("<int:journey_id>/tree/", editor.tree, name="journey_tree"),
    path("<int:journey_id>/step/<str:name>/", editor.step, name="journey_step"),
    path("<int:journey_id>/conditions/", conditions.picker, name="journey_picker"),
    path("<int:journey_id>/add/", edits.add, name="journey_add"),
    path("<int:journey_id>/move/", edits.move, name="journey_move"),
    path("<int:journey_id>/delete/", edits.delete, name="journey_delete"),
    path("<int:journey_id>/delete/<str:name>/", edits.ask_delete, name="journey_ask_delete"),
    path("<int:journey_id>/duplicate/", edits.duplicate, name="journey_duplicate"),
    path("<int:journey_id>/paste/", edits.paste, name="journey_paste"),
    path("<int:journey_id>/undo/", edits.undo, name="journey_undo"),
    path("<int:journey_id>/redo/", edits.redo, name="journey_redo"),
    path("<int:journey_id>/discard/", edits.discard, name="journey_discard"),
    path("<int:journey_id>/write/", edits.write, name="journey_write"),
    path("<int:journey_id>/rename/", journey.rename, name="journey_rename"),
    path("<int:journey_id>/publish/", journey.publish, name="journey_publish"),
    path("<int:journey_id>/compare/", journey.compared, name="journey_compare"),
    path("<int:journey_id>/pause/", journey.pause, name="journey_pause"),
    path("<int:journey_id>/resume/", journey.resume, name="journey_resume"),
    path("<int:journey_id>/finish/", journey.finish, name="journey_finish"),
    path("<int:journey_id>/versions/", journey.versions, name="journey_versions"),
    path("<int:journey_id>/versions/<int:number>/", journey.version, name="journey_version"),
    path("<int:journey_id>/versions/<int:number>/restore/", journey.restore, name="journey_restore"),
    path("<int:journey_id>/people/", people.people, name="journey_people"),
    path("<int:journey_id>/people/act/", people.act, name="journey_act"),
    path("<int:journey_id>/people/find/", people.find, name="journey_find"),
    path("<int:journey_id>/people/put-in/", people.put_in, name="journey_put_in"),
    path("<int:journey_id>/simulate/", simulate.simulate, name="journey_simulate"),
    path("<int:journey_id>/why/", why.of_journey, name="journey_why"),
]
