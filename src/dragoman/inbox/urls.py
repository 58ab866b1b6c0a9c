"""The inbox's desk pages."""

from django.urls import path

from dragoman.inbox.urls_answers import answer_patterns
from dragoman.inbox.views import (
    board,
    help_calls,
    messages,
    misunderstandings,
    quality,
    questions,
)

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
    path("messages/", messages.listing, name="messages"),
    path("messages/backlog/", messages.backlog, name="backlog"),
    path("messages/person/", messages.person, name="person"),
    path("messages/<int:pk>/", messages.show, name="message"),
    path("messages/<int:pk>/decide/", messages.decide, name="decide"),
    path("messages/<int:pk>/help/", messages.call_for_help, name="call_for_help"),
    path("messages/<int:pk>/hide/", messages.hide, name="hide"),
    path("messages/<int:pk>/show/", messages.show_again, name="show_again"),
    path("messages/<int:pk>/author/", messages.author, name="author"),
    path("messages/<int:pk>/notes/", messages.note, name="message_note"),
    path("help/", help_calls.listing, name="help"),
    path("help/rows/", help_calls.rows, name="help_rows"),
    path("help/banner/", help_calls.banner, name="help_banner"),
    path("help/<int:pk>/", help_calls.show, name="help_call"),
    path("help/<int:pk>/take/", help_calls.take, name="help_take"),
    path("help/<int:pk>/officer/", help_calls.hand_over, name="help_hand_over"),
    path("help/<int:pk>/done/", help_calls.finish, name="help_done"),
    path("help/<int:pk>/dismiss/", help_calls.dismiss, name="help_dismiss"),
    path("help/<int:pk>/reopen/", help_calls.reopen, name="help_reopen"),
    path("quality/", quality.show, name="quality"),
    *answer_patterns,
]
