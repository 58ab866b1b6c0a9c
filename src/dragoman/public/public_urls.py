"""What readers ask the site itself: part of the reception's URL map."""

from django.urls import path

from dragoman.public import checker_views, public_views

app_name = "said"
urlpatterns = [
    path("said/near", public_views.near, name="near"),
    path("said/ask", public_views.ask, name="ask"),
    path("check/<slug:slug>", checker_views.check, name="check"),
]
