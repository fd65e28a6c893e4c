"""The partner API's routes about journeys, broadcasts and messages, below /api/v1/."""

from django.urls import path

from journeys import rest, rest_broadcasts, rest_messages

urlpatterns = [
    path("journeys/", rest.Journeys.as_view(), name="api_journeys"),
    path("journeys/<int:journey_id>/", rest.OneJourney.as_view(), name="api_journey"),
    path("journeys/<int:journey_id>/numbers/", rest.Numbers.as_view(), name="api_journey_numbers"),
    path("journeys/<int:journey_id>/trigger/", rest.Triggered.as_view(), name="api_journey_trigger"),
    path("journeys/<int:journey_id>/pause/", rest.Paused.as_view(), name="api_journey_pause"),
    path("journeys/<int:journey_id>/resume/", rest.Resumed.as_view(), name="api_journey_resume"),
    path("journeys/<int:journey_id>/runs/", rest.Runs.as_view(), name="api_journey_runs"),
    path("runs/<int:run_id>/", rest.OneRun.as_view(), name="api_run"),
    path("runs/<int:run_id>/exit/", rest.Exited.as_view(), name="api_run_exit"),
    path("broadcasts/", rest_broadcasts.Broadcasts.as_view(), name="api_broadcasts"),
    path("broadcasts/<int:broadcast_id>/", rest_broadcasts.OneBroadcast.as_view(), name="api_broadcast"),
    path(
        "broadcasts/<int:broadcast_id>/results/",
        rest_broadcasts.Results.as_view(),
        name="api_broadcast_results",
    ),
    path("broadcasts/<int:broadcast_id>/stop/", rest_broadcasts.Stopped.as_view(), name="api_broadcast_stop"),
    path("messages/", rest_messages.Messages.as_view(), name="api_messages"),
    path("messages/<int:message_id>/", rest_messages.OneMessage.as_view(), name="api_message"),
]
