"""The desk's pages of talks: what the host does. The parties' pages are in `table_urls`."""

from django.urls import path

from dragoman.negotiations.views import asks, processes, protocols, releasing, rounds

app_name = "negotiations"
urlpatterns = [
    path("", processes.listing, name="list"),
    path("new/", processes.new, name="new"),
    path("<slug:ref>/", processes.show, name="process"),
    path("<slug:ref>/parties/", processes.add_party, name="party_add"),
    path("<slug:ref>/parties/<slug:name>/drop/", processes.drop_party, name="party_drop"),
    path("<slug:ref>/parties/<slug:name>/invite/", processes.invite, name="invite"),
    path("<slug:ref>/pause/", processes.pause, name="pause"),
    path("<slug:ref>/resume/", processes.resume, name="resume"),
    path("<slug:ref>/close/", processes.close, name="close"),
    path("<slug:ref>/protocol/", protocols.show, name="protocol"),
    path("<slug:ref>/protocol/put/", protocols.put, name="protocol_put"),
    path("<slug:ref>/protocol/discard/", protocols.discard, name="protocol_discard"),
    path("<slug:ref>/rounds/new/", rounds.new, name="round_new"),
    path("<slug:ref>/notices/new/", rounds.notice, name="notice_new"),
    path("<slug:ref>/rounds/<int:number>/", rounds.show, name="round"),
    path("<slug:ref>/rounds/<int:number>/edit/", rounds.edit, name="round_edit"),
    path("<slug:ref>/rounds/<int:number>/open/", rounds.open_it, name="round_open"),
    path("<slug:ref>/rounds/<int:number>/cancel/", rounds.cancel, name="round_cancel"),
    path("<slug:ref>/rounds/<int:number>/counter/<slug:name>/", rounds.counter, name="round_counter"),
    path("<slug:ref>/rounds/<int:number>/release/", releasing.plan, name="round_release"),
    path("<slug:ref>/rounds/<int:number>/unplan/", releasing.unplan, name="round_unplan"),
    path("<slug:ref>/asks/<int:pk>/grant/", asks.grant, name="ask_grant"),
    path("<slug:ref>/asks/<int:pk>/refuse/", asks.refuse, name="ask_refuse"),
]
