"""What the public and other servers send to channels: part of the reception's URL map."""

from django.urls import URLPattern, URLResolver, path

from dragoman.channels.public_views import hooks

app_name = "channels-public"
urlpatterns: list[URLPattern | URLResolver] = [
    path("hooks/<slug:slug>/", hooks.hook, name="hook"),
]
