"""The desk pages of answers."""

from django.urls import path

from dragoman.inbox.views import answers, answers_sending

answer_patterns = [
    path("answers/", answers.listing, name="answers"),
    path("answers/new/", answers.new, name="answer_new"),
    path("answers/ready/", answers_sending.ready, name="ready"),
    path("answers/ready/send/", answers_sending.send_ready, name="send_ready"),
    path("answers/changed/", answers_sending.changed, name="answers_changed"),
    path("answers/send/", answers_sending.press, name="press"),
    path("answers/<str:ref>/", answers.show, name="answer"),
    path("answers/<str:ref>/edit/", answers.edit, name="answer_edit"),
    path("answers/<str:ref>/submit/", answers.submit, name="answer_submit"),
    path("answers/<str:ref>/return/", answers.give_back, name="answer_return"),
    path("answers/<str:ref>/approve/", answers.approve, name="answer_approve"),
    path("answers/<str:ref>/discard/", answers.discard, name="answer_discard"),
    path("answers/<str:ref>/renew/", answers.renew, name="answer_renew"),
    path("answers/<str:ref>/withdraw/", answers.withdraw, name="answer_withdraw"),
    path("answers/<str:ref>/correct/", answers_sending.correct, name="answer_correct"),
    path("answers/<str:ref>/auto/", answers_sending.auto_on, name="auto_on"),
    path("answers/<str:ref>/auto/stop/", answers_sending.auto_off, name="auto_off"),
    path("answers/<str:ref>/findings/<str:key>/", answers.clear, name="answer_clear"),
    path("sends/<int:pk>/", answers_sending.show, name="send"),
    path("sends/<int:pk>/progress/", answers_sending.progress, name="send_progress"),
    path("sends/<int:pk>/undo/", answers_sending.undo, name="undo_send"),
    path("sends/<int:pk>/stop/", answers_sending.stop, name="stop_send"),
    path("replies/<int:pk>/told/", answers_sending.told, name="reply_told"),
]
