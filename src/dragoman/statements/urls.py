"""Pages of statements."""

from django.urls import path

from dragoman.statements.views import (
    after,
    editor,
    lists,
    pictures,
    release,
    review,
    videos,
    writing,
)

app_name = "statements"
urlpatterns = [
    path("", lists.listing, name="list"),
    path("new/", writing.new, name="new"),
    path("releases/", lists.releases, name="releases"),
    path("citing/<str:sheet>/<str:number>/", lists.citing, name="citing"),
    path("<str:ref>/", lists.show, name="show"),
    path("<str:ref>/edit/", editor.edit, name="edit"),
    path("<str:ref>/panel/", editor.panel, name="panel"),
    path("<str:ref>/text/<str:lang>/", editor.save, name="save"),
    path("<str:ref>/settings/", writing.settings, name="settings"),
    path("<str:ref>/languages/", writing.add_language, name="add_language"),
    path("<str:ref>/languages/remove/", writing.remove_language, name="remove_language"),
    path("<str:ref>/findings/<str:key>/", writing.clear_finding, name="clear"),
    path("<str:ref>/pictures/", pictures.add, name="pictures"),
    path("<str:ref>/pictures/<int:pk>/", pictures.change, name="picture"),
    path("<str:ref>/pictures/<int:pk>/file", pictures.picture_file, name="picture_file"),
    path("<str:ref>/submission/", writing.submit, name="submit"),
    path("<str:ref>/return/", writing.give_back, name="return"),
    path("<str:ref>/discard/", writing.discard, name="discard"),
    path("<str:ref>/videos/", videos.add, name="videos"),
    path("<str:ref>/videos/<int:pk>/", videos.change, name="video"),
    path("<str:ref>/videos/<int:pk>/captions/", videos.add_caption, name="captions"),
    path("<str:ref>/videos/<int:pk>/captions/<str:lang>/", videos.remove_caption, name="caption"),
    path("<str:ref>/videos/<int:pk>/file", videos.video_file, name="video_file"),
    path("<str:ref>/review/", review.review, name="review"),
    path("<str:ref>/approval/", review.approve, name="approve"),
    path("<str:ref>/approval/withdrawal/", review.take_back, name="take_back"),
    path("<str:ref>/plan/", release.plan, name="plan"),
    path("<str:ref>/release/", release.release, name="release"),
    path("<str:ref>/release/progress/", release.release_progress, name="progress"),
    path("<str:ref>/release/cancel/", release.cancel, name="cancel"),
    path("<str:ref>/release/review/", release.review_crisis, name="review_crisis"),
    path("<str:ref>/correction/", after.correct, name="correct"),
    path("<str:ref>/withdrawal/", after.withdraw, name="withdraw"),
    path("<str:ref>/history/", after.history, name="history"),
]
