"""Pages of staff. Sign-in itself is in `account_urls`."""

from django.urls import path

from dragoman.staff.views import account, missions, officers

app_name = "staff"
urlpatterns = [
    path("account/", account.account, name="account"),
    path("account/first/", account.first, name="first"),
    path("account/factor/", account.factor_first, name="factor_first"),
    path("account/factor/done/", account.factor_done, name="factor_done"),
    path("account/go-on/<str:key>/", account.go_on, name="go_on"),
    path("account/sessions/<int:pk>/end/", account.end_session, name="end_session"),
    path("account/tokens/", account.make_token, name="make_token"),
    path("tokens/", officers.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", account.revoke_token, name="revoke_token"),
    path("officers/", officers.officers, name="officers"),
    path("officers/new/", officers.new_officer, name="new_officer"),
    path("officers/<str:username>/", officers.officer, name="officer"),
    path("officers/<str:username>/roles/", officers.add_role, name="add_role"),
    path("officers/<str:username>/roles/remove/", officers.remove_role, name="remove_role"),
    path("officers/<str:username>/deeds/", officers.deed, name="deed"),
    path("missions/", missions.missions, name="missions"),
    path("missions/new/", missions.new_mission, name="new_mission"),
    path("missions/<slug:slug>/", missions.mission, name="mission"),
]
