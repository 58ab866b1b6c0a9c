"""The desk's URL map."""

from django.urls import include, path

from dragoman.base.health import health

urlpatterns = [
    path("health", health, name="health"),
    path("", include("dragoman.reports.urls")),
    path("account/", include("dragoman.staff.account_urls")),
    path("api/", include("dragoman.api.urls")),
    path("audit/", include("dragoman.audit.urls")),
    path("staff/", include("dragoman.staff.urls")),
    path("record/", include("dragoman.record.urls")),
    path("facts/", include("dragoman.facts.urls")),
    path("channels/", include("dragoman.channels.urls")),
    path("accounts/", include("dragoman.accounts.urls")),
    path("statements/", include("dragoman.statements.urls")),
    path("inbox/", include("dragoman.inbox.urls")),
    path("talks/", include("dragoman.negotiations.urls")),
]

handler400 = "dragoman.base.pages.not_understood"
handler403 = "dragoman.base.pages.not_allowed"
handler404 = "dragoman.base.pages.not_found"
handler500 = "dragoman.base.pages.failed"
