"""Pages of channels and deliveries."""

from django.urls import path

from dragoman.channels.views import accounts, deliveries, kinds, recipients, sign_in

app_name = "channels"
urlpatterns = [
    path("", accounts.listing, name="list"),
    path("new/", kinds.kinds, name="kinds"),
    path("kinds/<slug:kind_name>/", kinds.kind_sheet, name="kind"),
    path("oauth/callback/", sign_in.callback, name="callback"),
    path("new/<slug:kind_name>/", accounts.new, name="new"),
    path("deliveries/", deliveries.listing, name="deliveries"),
    path("deliveries/<int:pk>/", deliveries.show, name="delivery"),
    path("deliveries/<int:pk>/decision/", deliveries.decide, name="decide"),
    path("deliveries/<int:pk>/retry/", deliveries.retry, name="retry"),
    path("deliveries/<int:pk>/taken-down/", deliveries.taken_down, name="taken_down"),
    path("at/<slug:slug>/", accounts.show, name="show"),
    path("at/<slug:slug>/connect/", sign_in.connect, name="connect"),
    path("at/<slug:slug>/listening/", sign_in.listen, name="listen"),
    path("at/<slug:slug>/change/", accounts.change, name="change"),
    path("at/<slug:slug>/credentials/", accounts.credentials, name="credentials"),
    path("at/<slug:slug>/check/", accounts.check, name="check"),
    path("at/<slug:slug>/switch/", accounts.switch, name="switch"),
    path("at/<slug:slug>/subscribers/", recipients.subscribers, name="subscribers"),
    path("at/<slug:slug>/subscribers/erase/", recipients.erase, name="erase"),
    path("at/<slug:slug>/subscribers/bring/", recipients.bring, name="bring"),
    path("deliveries/<int:pk>/copies/", recipients.copies_of, name="copies"),
    path("deliveries/<int:pk>/copies/decision/", recipients.decide_copies, name="copies_decide"),
    path("deliveries/<int:pk>/copies/resume/", recipients.resume_copies, name="copies_resume"),
    path("at/<slug:slug>/timeline/", accounts.timeline, name="timeline"),
]
