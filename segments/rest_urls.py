"""The partner API's routes about segments and lists, below /api/v1/."""

from django.urls import path

from segments import rest, rest_lists

urlpatterns = [
    path("segments/", rest.Segments.as_view(), name="api_segments"),
    path("segments/validate/", rest.Validated.as_view(), name="api_segments_validate"),
    path("segments/count/", rest.Counted.as_view(), name="api_segments_count"),
    path("segments/<int:segment_id>/", rest.OneSegment.as_view(), name="api_segment"),
    path("segments/<int:segment_id>/size/", rest.Size.as_view(), name="api_segment_size"),
    path("segments/<int:segment_id>/archive/", rest.Archived.as_view(), name="api_segment_archive"),
    path("segments/<int:segment_id>/restore/", rest.Restored.as_view(), name="api_segment_restore"),
    path("segments/<int:segment_id>/members/", rest.Members.as_view(), name="api_segment_members"),
    path(
        "segments/<int:segment_id>/members/<int:contact_id>/",
        rest.OneMember.as_view(),
        name="api_segment_member",
    ),
    path("lists/", rest_lists.Lists.as_view(), name="api_lists"),
    path("lists/<int:list_id>/", rest_lists.OneList.as_view(), name="api_list"),
    path("lists/<int:list_id>/size/", rest_lists.ListSize.as_view(), name="api_list_size"),
    path("lists/<int:list_id>/archive/", rest_lists.ArchivedList.as_view(), name="api_list_archive"),
    path("lists/<int:list_id>/restore/", rest_lists.RestoredList.as_view(), name="api_list_restore"),
    path("lists/<int:list_id>/members/", rest_lists.ListMembers.as_view(), name="api_list_members"),
    path("lists/<int:list_id>/members/add/", rest_lists.Joined.as_view(), name="api_list_add"),
    path("lists/<int:list_id>/members/remove/", rest_lists.Left.as_view(), name="api_list_remove"),
]
