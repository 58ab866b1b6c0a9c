"""Nothing that readers see as the statement changes after the yes without voiding it; nothing of another
mission goes out with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests import make
from tests.cast import Cast, assemble, officer
from tests.security.ground import Ground, png

from dragoman.channels.models import Channel, Delivery
from dragoman.facts.models import Fact
from dragoman.lib.problems import Conflict, NotAllowed, NotFound
from dragoman.staff.models import Membership, Mission
from dragoman.statements.actions import drafts, pictures, releases, review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Picture, Revision, Statement
from dragoman.statements.queries import renditions

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    made = assemble()
    make.make_sheet(made)
    return made


def illustrated(cast: Cast) -> Revision:
    revision = make.make_statement(cast)
    for name in ("one", "two"):
        pictures.add_picture(
            by=cast.editor, revision=revision, data=png((8, 8 + len(name) * (name == "two"))), name=name,
            alt={"en": f"Picture {name}", "ru": f"Снимок {name}"},
        )  # fmt: skip
    revision.refresh_from_db()
    return revision


def _statement(field: str, value: object) -> Callable[[Revision], object]:
    return lambda revision: Statement.objects.filter(pk=revision.statement.pk).update(**{field: value})


SHOWN: dict[str, Callable[[Revision], object]] = {
    "address": _statement("slug", "another-address"),
    "kind": _statement("kind", "notice"),
    "risk": _statement("risk", "high"),
    "lane": _statement("lane", "crisis"),
    "source language": _statement("source_language", "ru"),
    "mission's name": lambda one: Mission.objects.filter(pk=one.statement.mission.pk).update(name="Other"),
    "mission": lambda one: Statement.objects.filter(pk=one.statement.pk).update(
        mission=Mission.objects.get(slug="berlin")
    ),
    "title": lambda one: one.texts.filter(lang="en").update(title="Other"),
    "summary": lambda one: one.texts.filter(lang="ru").update(summary="Другое"),
    "body": lambda one: one.texts.filter(lang="en").update(body="Other. [F1]"),
    "language": lambda one: one.texts.filter(lang="ru").delete(),
    "correction's note": lambda one: Revision.objects.filter(pk=one.pk).update(note={"en": "Other"}),
    "sheet of bare citations": lambda one: Revision.objects.filter(pk=one.pk).update(sheet="other"),
    "cited fact": lambda one: one.citations.filter(cite="visa-free/F2").delete(),
    "words of a cited fact": lambda one: Fact.objects.filter(number="F1").update(texts={"en": "Other"}),
    "basis of a cited fact": lambda one: Fact.objects.filter(number="F1").update(basis={"en": "Other"}),
    "source of a cited fact": lambda one: Fact.objects.filter(number="F1").update(sources=["https://o.test"]),
    "words for a picture": lambda one: Picture.objects.filter(name="one").update(alt={"en": "Other"}),
    "credit of a picture": lambda one: Picture.objects.filter(name="one").update(credit="Other"),
    "decorative picture": lambda one: Picture.objects.filter(name="one").update(decorative=True),
    "order of pictures": lambda one: Picture.objects.filter(name="one").update(place=9),
    "picture": lambda one: Picture.objects.filter(name="two").delete(),
}  # fmt: skip


@pytest.mark.parametrize("what", SHOWN)
def test_what_readers_see_is_bound_by_the_yes(cast: Cast, what: str) -> None:
    revision = illustrated(cast)
    before = renditions.digest_of(Revision.objects.get(pk=revision.pk))
    assert before == revision.digest
    SHOWN[what](revision)
    assert renditions.digest_of(Revision.objects.get(pk=revision.pk)) != before


def test_a_mission_renamed_after_the_yes_holds_the_release_back(cast: Cast) -> None:
    revision = make.approved(cast, make.make_statement(cast))
    Mission.objects.filter(pk=cast.capital.pk).update(name="Ministry of Something Else")
    with pytest.raises(Conflict):
        releases.release_statement(by=cast.director, revision=Revision.objects.get(pk=revision.pk))


def test_a_risk_lowered_after_a_first_yes_voids_it(cast: Cast) -> None:
    revision = make.make_statement(cast, risk="high")
    review.submit_statement(by=cast.editor, revision=revision)
    revision.refresh_from_db()
    review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)
    drafts.describe_statement(by=cast.editor, revision=revision, risk="ordinary")
    revision.refresh_from_db()
    assert revision.state == "review"
    assert not revision.approvals.filter(voided_at__isnull=True).exists()


@pytest.mark.parametrize("fewer", [{"risk": "ordinary"}, {"lane": "crisis"}])
def test_who_asks_for_fewer_approvals_gives_none(cast: Cast, fewer: dict[str, str]) -> None:
    revision = make.make_statement(cast, risk="high")
    review.submit_statement(by=cast.editor, revision=revision)
    drafts.describe_statement(by=cast.approver, revision=revision, **fewer)
    revision.refresh_from_db()
    with pytest.raises(NotAllowed):
        review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)


def test_who_asks_for_more_approvals_may_give_one(cast: Cast) -> None:
    revision = make.make_statement(cast)
    review.submit_statement(by=cast.editor, revision=revision)
    drafts.describe_statement(by=cast.approver, revision=revision, risk="sensitive")
    revision.refresh_from_db()
    review.approve_statement(by=cast.approver, revision=revision, digest=revision.digest)


def _own(ground: Ground, body: str = "A day is a day.", facts: tuple[str, ...] = (), sheet: str = "",
         channels: tuple[Channel, ...] = ()) -> Revision:  # fmt: skip
    return drafts.create_statement(
        by=ground.outsider, mission=ground.vilnius, kind="statement", source_language="en",
        texts={"en": TextInput("Ours", "", body)}, facts_cited=facts, sheet=sheet, channels=channels,
    )  # fmt: skip


def test_a_sheet_of_another_mission_cannot_be_drawn_into_the_open(ground: Ground) -> None:
    with pytest.raises(NotFound, match="no fact"):
        _own(ground, facts=("consular/F1",))
    for revision in (
        _own(ground, "It is so. [consular/F1]"),
        _own(ground, "It is so. [F1]", sheet="consular"),
    ):
        assert not revision.citations.exists()
    with pytest.raises(NotFound):
        drafts.set_facts(by=ground.outsider, revision=revision, named=["consular/F2"])


def test_what_one_writer_cited_stays_when_one_edits_who_may_not_see_the_sheet(ground: Ground) -> None:
    both = officer("both", (ground.vilnius, "author"), (ground.cast.berlin, "author"))
    revision = _own(ground)
    drafts.set_facts(by=both, revision=revision, named=["consular/F1"])
    drafts.edit_texts(by=ground.outsider, revision=revision, texts={"en": TextInput("Ours", "", "Two days.")})
    assert list(revision.citations.values_list("cite", flat=True)) == ["consular/F1"]


def test_a_statement_goes_on_no_channel_that_its_writer_does_not_see(ground: Ground) -> None:
    with pytest.raises(NotAllowed):
        _own(ground, channels=(ground.channel,))
    revision = _own(ground)
    with pytest.raises(NotAllowed):
        drafts.set_channels(by=ground.outsider, revision=revision, channels=[ground.channel])


def test_a_statement_goes_out_on_another_missions_channel_only_by_its_releaser(ground: Ground) -> None:
    author = officer("both", (ground.vilnius, "author"), (ground.cast.berlin, "author"))
    revision = _own(ground)
    drafts.set_channels(by=author, revision=revision, channels=[ground.channel])
    with pytest.raises(NotAllowed, match="Embassy in Berlin"):
        releases.release_statement(by=ground.outsider, revision=revision)
    Membership.objects.create(officer=ground.outsider, mission=ground.cast.berlin, role="releaser")
    with pytest.raises(Conflict, match="cannot go out yet"):
        releases.release_statement(by=ground.outsider, revision=revision)


def test_an_embassy_reads_no_planned_delivery_on_a_channel_it_shares(ground: Ground) -> None:
    Channel.objects.filter(pk=ground.channel.pk).update(mission=ground.cast.capital)
    seen = Delivery.objects.all().visible_to(ground.outsider)
    assert not seen.exists()
    Delivery.objects.update(started=ground.release.moment)
    assert seen.count() == 2
    assert Delivery.objects.all().visible_to(ground.cast.director).count() == 2
