"""Pages about what messages say: mails, images, brands."""

from django.urls import path

from journeys.content import brand_views, change_views, image_views, trial_views, views

urlpatterns = [
    path("content/emails/new/", views.create, name="email_create"),
    path("content/emails/<int:content_id>/edit/", views.edit, name="email_edit"),
    path("content/emails/<int:content_id>/drawer/", views.drawer, name="email_drawer"),
    path("content/emails/<int:content_id>/change/", change_views.change, name="email_change"),
    path("content/emails/<int:content_id>/upload/", image_views.upload_into, name="email_upload"),
    path("content/emails/<int:content_id>/preview/", trial_views.preview, name="email_preview"),
    path("content/emails/<int:content_id>/frame/", trial_views.frame, name="email_frame"),
    path("content/emails/<int:content_id>/test/", trial_views.send, name="email_test"),
    path("content/emails/<int:content_id>/versions/", views.versions, name="email_versions"),
    path("content/emails/<int:content_id>/versions/keep/", views.keep_version, name="email_keep"),
    path(
        "content/emails/<int:content_id>/versions/<int:number>/restore/",
        views.restore_version,
        name="email_back",
    ),
    path("content/images/", image_views.library, name="images"),
    path("content/images/<int:image_id>/", image_views.image, name="image"),
    path("content/images/<int:image_id>/archive/", image_views.archive, name="image_archive"),
    path("content/images/<int:image_id>/restore/", image_views.restore, name="image_restore"),
    path("settings/brands/", brand_views.brands, name="brands"),
    path("settings/brands/<int:brand_id>/", brand_views.brand, name="brand"),
    path("settings/brands/<int:brand_id>/sample/", brand_views.sample, name="brand_sample"),
]
