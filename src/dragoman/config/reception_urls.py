"""The reception's URL map: the public views of each app that has any."""

from django.urls import include, path

from dragoman.base.health import alive

urlpatterns = [
    path("in/alive", alive, name="alive"),
    path("", include("dragoman.channels.public_urls")),
    path("", include("dragoman.public.public_urls")),
    path("", include("dragoman.inbox.public_urls")),
]

handler400 = "dragoman.public.middleware.not_understood"
handler403 = "dragoman.public.middleware.not_allowed"
handler404 = "dragoman.public.middleware.not_found"
handler500 = "dragoman.public.middleware.failed"
