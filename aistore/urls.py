from django.urls import path

from .downloads import download

app_name = "aistore"
urlpatterns = [
    path("uploads/<uuid:upload_id>", download, name="upload"),
]
