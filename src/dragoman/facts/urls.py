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
    path("<slug:slug>/table/", views.table, name="table"),
    path("<slug:slug>/table/write/", views.write_table, name="write-table"),
    path("<slug:slug>/table/<int:version>/", views.table, name="table-version"),
    path("<slug:slug>/table/<int:version>/approve/", views.approve_table, name="approve-table"),
    path("<slug:slug>/table/<int:version>/decide/", views.decide_table, name="decide-table"),
    path("<slug:slug>/beliefs/", views.beliefs, name="beliefs"),
    path("<slug:slug>/beliefs/new/", views.new_belief, name="new-belief"),
    path("<slug:slug>/beliefs/<str:code>/", views.belief, name="belief"),
    path("<slug:slug>/beliefs/<str:code>/revise/", views.revise_belief, name="revise-belief"),
    path("<slug:slug>/<str:number>/", views.fact, name="fact"),
    path("<slug:slug>/<str:number>/revise/", views.revise, name="revise"),
    path("<slug:slug>/<str:number>/<int:version>/", views.fact, name="version"),
]
