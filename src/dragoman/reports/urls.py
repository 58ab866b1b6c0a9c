"""The front page, and the day of questions."""

from django.urls import path

from dragoman.reports.views import day, today

app_name = "reports"
urlpatterns = [
    path("", today.today, name="today"),
    path("day/", day.day, name="day"),
    path("day/<str:table>.csv", day.day_csv, name="day_csv"),
]
