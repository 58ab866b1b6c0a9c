"""The front page, and the day of questions."""

from django.urls import path

from dragoman.reports import day_views, views

app_name = "reports"
urlpatterns = [
    path("", views.today, name="today"),
    path("day/", day_views.day, name="day"),
    path("day/<str:table>.csv", day_views.day_csv, name="day_csv"),
]
