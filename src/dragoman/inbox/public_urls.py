"""Where the public asks: part of the reception's URL map."""

from django.urls import path

from dragoman.inbox import public_views

app_name = "asking"
urlpatterns = [
    path("ask/", public_views.ask, name="ask"),
    path("ask/receipt/", public_views.look, name="look"),
    path("ask/receipt/<str:number>/", public_views.receipt, name="receipt"),
    path("ask/answers/", public_views.answers, name="answers"),
]
