"""Pages of the audit."""

from django.urls import path

from dragoman.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.events, name="list"),
    path("check/", views.check, name="check"),
    path("export/<str:form>/", views.export, name="export"),
    path("<int:pk>/", views.event, name="event"),
]
