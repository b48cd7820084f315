"""The admin, the addresses of aistore, and the admin again for whoever opens the bare host."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("", include("aistore.urls")),
]
