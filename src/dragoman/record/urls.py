from django.urls import path

from dragoman.record import views

app_name = "record"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("audit/", views.audit, name="audit"),
    path("catch-up/", views.catch_up, name="catch-up"),
    path("<int:index>/", views.entry, name="entry"),
]
