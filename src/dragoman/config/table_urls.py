"""The table's URL map: nothing of the desk, nothing of the reception."""

from django.urls import include, path

from dragoman.negotiations.table import views

urlpatterns = [
    path("", views.to_the_table, name="start"),
    path("table/", include("dragoman.negotiations.table_urls")),
]

handler400 = "dragoman.negotiations.table.pages.not_understood"
handler403 = "dragoman.negotiations.table.pages.not_allowed"
handler404 = "dragoman.negotiations.table.pages.not_found"
handler500 = "dragoman.negotiations.table.pages.failed"
