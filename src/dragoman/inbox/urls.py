"""The inbox's desk pages."""

from django.urls import URLPattern

app_name = "inbox"
urlpatterns: list[URLPattern] = []
