"""What the public and other servers send to channels: part of the reception's URL map."""

from django.urls import URLPattern, URLResolver

app_name = "channels-public"
urlpatterns: list[URLPattern | URLResolver] = []
