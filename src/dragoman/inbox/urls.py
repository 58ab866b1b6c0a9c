"""The inbox's desk pages."""

from django.urls import path

from dragoman.inbox.views import board, misunderstandings, questions

app_name = "inbox"
urlpatterns = [
    path("questions/", board.listing, name="questions"),
    path("questions.csv", board.table, name="questions_csv"),
    path("questions/<str:ref>/", questions.show, name="question"),
    path("questions/<str:ref>/here/", questions.here, name="here"),
    path("questions/<str:ref>/messages/", questions.people, name="people"),
    path("questions/<str:ref>/officer/", questions.assign, name="assign"),
    path("questions/<str:ref>/title/", questions.rename, name="rename"),
    path("questions/<str:ref>/snooze/", questions.snooze, name="snooze"),
    path("questions/<str:ref>/close/", questions.close, name="close"),
    path("questions/<str:ref>/reopen/", questions.reopen, name="reopen"),
    path("questions/<str:ref>/merge/", questions.merge, name="merge"),
    path("questions/<str:ref>/split/", questions.split, name="split"),
    path("questions/<str:ref>/notes/", questions.note, name="note"),
    path("misunderstandings/", misunderstandings.listing, name="misunderstandings"),
    path("misunderstandings/<str:ref>/", misunderstandings.show, name="misunderstanding"),
    path("misunderstandings/<str:ref>/confirm/", misunderstandings.confirm, name="misunderstanding_confirm"),
    path("misunderstandings/<str:ref>/dismiss/", misunderstandings.dismiss, name="misunderstanding_dismiss"),
    path("misunderstandings/<str:ref>/plan/", misunderstandings.plan, name="misunderstanding_plan"),
    path(
        "misunderstandings/<str:ref>/corrected/",
        misunderstandings.corrected,
        name="misunderstanding_corrected",
    ),
]
