"""Pages of the sample shop."""

from django.urls import path

from cdp.demo import views

urlpatterns = [
    path("settings/sample-data/", views.sample_data, name="sample_data"),
    path("settings/sample-data/load/", views.load, name="demo_load"),
    path("settings/sample-data/remove/", views.remove, name="demo_remove"),
    path("sample-shop/progress/", views.progress, name="demo_progress"),
    path("sample-shop/customers/", views.customers, name="demo_customers"),
    path("sample-shop/make-something-happen/", views.stir, name="demo_stir"),
]
