"""Rows of what the ministry says."""

from dragoman.statements.models.agreement import Agreement
from dragoman.statements.models.approval import Approval, Clearance
from dragoman.statements.models.picture import Media, Picture
from dragoman.statements.models.release import Release, Withdrawal
from dragoman.statements.models.statement import Citation, Revision, Statement, Text
from dragoman.statements.models.video import Caption, Video

__all__ = [
    "Agreement",
    "Approval",
    "Caption",
    "Citation",
    "Clearance",
    "Media",
    "Picture",
    "Release",
    "Revision",
    "Statement",
    "Text",
    "Video",
    "Withdrawal",
]
