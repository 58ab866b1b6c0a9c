from django.urls import path

from dragoman.facts import views

app_name = "facts"
urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new_sheet, name="new"),
    path("import/", views.import_sheet, name="import"),
    path("proposals/<int:pk>/", views.proposal, name="proposal"),
    path("<slug:slug>/", views.sheet, name="sheet"),
    path("<slug:slug>/change/", views.change_sheet, name="change"),
    path("<slug:slug>/export.toml", views.export, name="export"),
    path("<slug:slug>/new/", views.new_fact, name="new-fact"),
    path("<slug:slug>/<str:number>/", views.fact, name="fact"),
    path("<slug:slug>/<str:number>/revise/", views.revise, name="revise"),
    path("<slug:slug>/<str:number>/<int:version>/", views.fact, name="version"),
]
