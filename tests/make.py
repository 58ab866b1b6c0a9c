"""Things that tests need made, through the actions that people use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.cast import Cast

from dragoman.channels.models import Channel
from dragoman.facts import actions as facts
from dragoman.statements.actions import drafts, review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Revision

SHEET = """
slug = "visa-free"
source_language = "en"
zone = "Europe/Minsk"

[titles]
en = "Five days without a visa"

[[facts]]
number = "F1"
texts.en = "Citizens of 80 states may enter without a visa from 12 February 2017."
basis.en = "Edict No. 8 of 9 January 2017"
valid_from = 2017-02-12

[[facts]]
number = "F2"
texts.en = "A stay is at most 5 days, counting the days of arrival and departure."
basis.en = "Edict No. 8 of 9 January 2017"
valid_from = 2017-02-12
"""

TEXTS = {
    "en": TextInput(
        title="How the five days are counted",
        summary="The days of arrival and departure both count.",
        body="Citizens of 80 states may enter without a visa from 12 February 2017. [F1]\n\n"
        "A stay is at most 5 days, counting the days of arrival and departure. [F2]",
    ),
    "ru": TextInput(
        title="Как считать пять дней",
        summary="День въезда и день выезда засчитываются.",
        body="Граждане 80 государств могут въезжать без визы с 12 февраля 2017 года. [F1]\n\n"
        "Срок пребывания не более 5 дней, включая дни въезда и выезда. [F2]",
    ),
}


def make_sheet(cast: Cast) -> None:
    """The sheet that the texts above cite."""
    facts.import_sheet(by=cast.admin, mission=cast.capital, source=SHEET)


def make_statement(
    cast: Cast,
    *,
    texts: Mapping[str, TextInput] | None = None,
    channels: Sequence[Channel] = (),
    risk: str = "ordinary",
    lane: str = "ordinary",
) -> Revision:
    """A draft by the editor that the guidelines have nothing against."""
    return drafts.create_statement(
        by=cast.editor,
        mission=cast.capital,
        kind="explanation",
        source_language="en",
        texts=texts or TEXTS,
        channels=channels,
        risk=risk,
        lane=lane,
        sheet="visa-free",
    )


def approved(cast: Cast, revision: Revision) -> Revision:
    """Handed in by the editor, approved by the approver."""
    review.submit_statement(by=cast.editor, revision=revision)
    revision.refresh_from_db()
    review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)
    revision.refresh_from_db()
    return revision
