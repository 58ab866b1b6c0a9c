"""The demonstration's talks are made by the actions alone, verify like any other, and may be made twice."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dragoman.cli.sample import load_sample
from dragoman.cli.sample_talks import load_talks
from dragoman.negotiations.models import Process, Round, Spokesperson
from dragoman.public.models import TalksEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_sample_has_talks_that_officers_and_parties_can_go_on_with(home: Path) -> None:
    load_sample()
    made = load_talks()
    process = Process.objects.get()
    assert (process.state, process.published) == ("open", True)
    states = dict(Round.objects.values_list("number", "state"))
    assert states == {1: "released", 2: "released", 3: "open", 4: "open"}
    assert list(TalksEntry.objects.order_by("number").values_list("what", flat=True)) == ["protocol", "joint"]
    key = home / "sample-keys" / "northland.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert any("/table/enrol/" in line for line in made.lines)


def test_loading_it_twice_makes_nothing_twice(home: Path) -> None:
    load_sample()
    load_talks()
    before = (Round.objects.count(), Spokesperson.objects.filter(active=True).count())
    load_talks()
    assert (Round.objects.count(), Spokesperson.objects.filter(active=True).count()) == before


def test_each_party_has_its_own_version_beside_the_text(home: Path) -> None:
    del home
    load_sample()
    load_talks()
    entry = TalksEntry.objects.get(what="joint")
    assert {one["party"] for one in entry.alternats} == {"northland", "eastmark"}
    eastmark = next(one for one in entry.alternats if (one["party"], one["lang"]) == ("eastmark", "en"))
    assert "Eastmark and Northland" in eastmark["title"]
