"""The front page."""

from django.urls import path

from dragoman.reports import views

app_name = "reports"
urlpatterns = [path("", views.today, name="today")]
