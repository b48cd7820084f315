from django.urls import URLPattern

app_name = "aistore"
urlpatterns: list[URLPattern] = []
