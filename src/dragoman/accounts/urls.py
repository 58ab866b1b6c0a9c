"""Pages of the register of official accounts."""

from django.urls import path

from dragoman.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.propose, name="propose"),
    path("at/<slug:ref>/", views.show, name="show"),
    path("at/<slug:ref>/change/", views.change, name="change"),
    path("at/<slug:ref>/check/", views.check, name="check"),
    path("at/<slug:ref>/by-hand/", views.by_hand, name="by_hand"),
    path("at/<slug:ref>/confirm/", views.confirm, name="confirm"),
    path("at/<slug:ref>/discard/", views.discard, name="discard"),
    path("at/<slug:ref>/review/", views.review, name="review"),
    path("at/<slug:ref>/retire/", views.retire, name="retire"),
    path("at/<slug:ref>/compromised/", views.compromised, name="compromised"),
    path("at/<slug:ref>/lift/", views.lift, name="lift"),
]
