"""What the public and other servers send to channels: part of the reception's URL map."""

from django.urls import URLPattern, URLResolver, path

from dragoman.channels.public_views import activitypub, hooks, subscribe

app_name = "channels-public"
urlpatterns: list[URLPattern | URLResolver] = [
    path(".well-known/webfinger", activitypub.webfinger, name="webfinger"),
    path(".well-known/nodeinfo", activitypub.nodeinfo_links, name="nodeinfo-links"),
    path("nodeinfo/2.1", activitypub.nodeinfo, name="nodeinfo"),
    path("ap/inbox", activitypub.receive, name="shared-inbox"),
    path("ap/<slug:handle>", activitypub.actor, name="actor"),
    path("ap/<slug:handle>/inbox", activitypub.receive, name="inbox"),
    path("ap/<slug:handle>/outbox", activitypub.outbox, name="outbox"),
    path("ap/<slug:handle>/followers", activitypub.followers, name="followers"),
    path("ap/<slug:handle>/following", activitypub.empty, {"what": "following"}, name="following"),
    path("ap/<slug:handle>/featured", activitypub.empty, {"what": "featured"}, name="featured"),
    path("ap/<slug:handle>/notes/<slug:name>", activitypub.note, name="note"),
    path("ap/<slug:handle>/activities/<slug:name>", activitypub.activity, name="activity"),
    path("hooks/<slug:slug>/", hooks.hook, name="hook"),
    path("subscribe/", subscribe.start, name="subscribe"),
    path("subscribe/ask/", subscribe.ask, name="ask"),
    path("subscribe/asked/", subscribe.asked, name="asked"),
    path("subscribe/yes/<str:token>/", subscribe.yes, name="yes"),
    path("subscribe/mine/<str:token>/", subscribe.mine, name="mine"),
    path("subscribe/leave/<str:token>/", subscribe.leave, name="leave"),
    path("subscribe/out/<str:token>/", subscribe.out, name="out"),
    path("subscribe/browser/", subscribe.browser, name="browser"),
    path("subscribe/push.js", subscribe.script, {"name": "push.js"}, name="push-script"),
    path("subscribe/worker.js", subscribe.script, {"name": "worker.js"}, name="push-worker"),
    path("subscribe/subscribe.css", subscribe.script, {"name": "subscribe.css"}, name="subscribe-style"),
]
