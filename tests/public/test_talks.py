"""Talks on the public plane: numbers without gaps, one moment for everybody, and nothing before its time."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from tests.public import talks_world, world
from tests.public.talks_world import REF, Talks, everything

from dragoman.lib.problems import Conflict, Invalid
from dragoman.public import actions, press_talks, talks_queries
from dragoman.public.models import Language, Pulse, TalksEntry
from dragoman.public.serve import Site
from dragoman.public.values import Elsewhere
from dragoman.public.values_talks import Alternat, TalksParty
from dragoman.public.values_talks import TalksEntry as Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talks() -> Talks:
    made = Talks()
    made.publish()
    return made


def test_numbers_run_from_one_and_every_event_says_them(talks: Talks) -> None:
    for entry in (talks.notice(), talks.pulse(), talks.fallback()):
        actions.publish_talks_entry(by=world.BY, entry=entry)
    actions.publish_edition(by=world.BY, edition=talks.joint("opening"))
    assert list(TalksEntry.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    said = [row.data["talks"] for row in Pulse.objects.order_by("number")]
    assert [one["number"] for one in said] == [1, 2, 3, 4, 5]
    assert [one["what"] for one in said] == ["protocol", "notice", "pulse", "fallback", "joint"]
    assert {one["process"] for one in said} == {REF} == set(Pulse.objects.values_list("talks", flat=True))


def test_joint_text_is_one_event_whole_in_every_language(talks: Talks) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    event = Pulse.objects.get(ref=edition.ref)
    assert event.kind == "statement"
    assert set(event.data["texts"]) == set(talks.languages)
    assert all(one["body"] for one in event.data["texts"].values())
    assert [one["party"] for one in event.data["consents"]] == ["northland", "eastmark"]


def read(public: Path, path: str) -> str:
    return (public / path.strip("/") / "index.html").read_text("utf-8")


def test_everything_may_run_twice_and_changes_nothing(talks: Talks, public: Path) -> None:
    entry, edition = talks.notice(), talks.joint("opening")
    ledger = talks.ledger(edition)

    def publish() -> int:
        first = actions.publish_talks_entry(by=world.BY, entry=entry)
        actions.publish_edition(by=world.BY, edition=edition)
        actions.publish_talks(by=world.BY, talks=talks.page())
        actions.publish_ledger(by=world.BY, ledger=ledger)
        return first

    publish()
    first = publish()  # a page names the newest event once that is there
    before = everything(public)
    assert publish() == first
    changed = {path for path, one in everything(public).items() if one[0] != before[path][0]}
    assert not {path for path in changed if "record" not in path}
    assert TalksEntry.objects.count() == Pulse.objects.count() == 3


def test_all_files_can_be_written_again_from_the_rows(talks: Talks, public: Path) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    actions.publish_ledger(by=world.BY, ledger=talks.ledger(edition))
    actions.rebuild(by=world.BY)
    mine = {path: data for path, (data, _) in everything(public).items() if "talks" in path}
    for path in mine:
        if not path.startswith("record"):
            (public / path).unlink()
    actions.rebuild(by=world.BY)
    assert {path: data for path, (data, _) in everything(public).items() if "talks" in path} == mine


def test_nothing_goes_out_before_its_proof_or_its_process(public: Path) -> None:
    made = Talks()
    with pytest.raises(Conflict, match="no public page"):
        actions.publish_talks_entry(by=world.BY, entry=made.notice())
    with pytest.raises(Conflict, match="no public page"):
        actions.publish_edition(by=world.BY, edition=made.joint("opening"))
    assert not TalksEntry.objects.exists()
    assert not Pulse.objects.exists()
    made.publish()
    pulse = made.pulse()
    (public / pulse.record.proof_path.lstrip("/")).unlink()
    with pytest.raises(Conflict, match="The proof"):
        actions.publish_talks_entry(by=world.BY, entry=pulse)
    assert TalksEntry.objects.count() == 1


def test_another_text_as_the_same_revision_is_refused(talks: Talks) -> None:
    entry = talks.notice()
    actions.publish_talks_entry(by=world.BY, entry=entry)
    other = tuple(dataclasses.replace(text, body="Other", sha256="0" * 64) for text in entry.texts)
    with pytest.raises(Conflict, match="Another text"):
        actions.publish_talks_entry(by=world.BY, entry=dataclasses.replace(entry, texts=other))
    with pytest.raises(Invalid):
        actions.publish_talks_entry(by=world.BY, entry=dataclasses.replace(entry, texts=entry.texts[1:]))
    assert TalksEntry.objects.count() == 2


def test_numbers_have_no_gap_when_many_publish_at_once(talks: Talks) -> None:
    entries = [talks.pulse() for _ in range(6)]

    def publish(entry: Entry) -> int:
        try:
            return actions.publish_talks_entry(by=world.BY, entry=entry)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(publish, entries)) == list(range(2, 8))
    assert sorted(TalksEntry.objects.values_list("number", flat=True)) == list(range(1, 8))
    assert sorted(row.data["talks"]["number"] for row in Pulse.objects.all()) == list(range(1, 8))


def test_what_was_cut_off_between_page_and_event_is_announced_by_the_sweep(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = talks.fallback()

    def fails(**_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("dragoman.public.actions.common.note", fails)
        with pytest.raises(OSError, match="full"):
            actions.publish_talks_entry(by=world.BY, entry=entry)
    assert Pulse.objects.count() == 1
    assert talks_queries.oldest_begun() is not None
    assert actions.catch_up(by=world.BY) == 1
    assert Pulse.objects.get(number=2).data["talks"]["number"] == 2
    assert talks_queries.oldest_begun() is None


def test_page_says_everything_in_every_language_without_script(talks: Talks, public: Path) -> None:
    for entry in (talks.notice(), talks.pulse()):
        actions.publish_talks_entry(by=world.BY, entry=entry)
    actions.publish_edition(by=world.BY, edition=talks.joint("opening"))
    english, arabic = read(public, f"en/talks/{REF}/"), read(public, f"ar/talks/{REF}/")
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in english
    assert "The place of the meeting is Stonebridge." in english
    assert "The talks continue." in english
    assert "set up two working groups, one on the crossing" in english
    assert "signed by Northland and Eastmark" in english
    assert "Last confirmed" in english
    assert "Minsk (UTC+3)" in english
    assert 'dir="rtl"' in arabic
    assert "وقّع: نورثلاند وإيستمارك" in arabic
    for lang in talks.languages:
        page = read(public, f"{lang}/talks/{REF}/")
        assert len(page.encode()) < 60_000
        assert [f'id="e{n}"' in page for n in range(1, 5)] == [True] * 4


def test_entries_say_the_same_as_the_page_and_the_record(talks: Talks, home: Path) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    links = [Elsewhere("Bluesky", "https://bsky.example/1", "sent", 38)]
    actions.set_elsewhere(by=world.BY, ref=edition.ref, rev=1, links=links)
    found = talks_world.entries(home)
    assert found["newest"] == 2
    assert found["last_confirmed"] == "2026-12-14T06:10:00Z"
    assert found["next_due"] == "2026-12-14T06:40:00Z"
    newest = found["entries"][0]
    assert (newest["number"], newest["what"], newest["index"]) == (2, "joint", edition.record.index)
    assert newest["texts"]["ru"]["sha256"] == edition.texts[-1].sha256
    assert newest["elsewhere"][0]["offset_ms"] == 38
    note = (home / "public" / newest["consent_note"].lstrip("/")).read_text("utf-8")
    assert note == json.loads(edition.record.leaf_json)["consent"]


def test_more_entries_than_one_cut_are_all_there(talks: Talks, public: Path, home: Path) -> None:
    rows = [talks.pulse(1) for _ in range(3)]
    for entry in rows:
        actions.publish_talks_entry(by=world.BY, entry=entry)
    process = TalksEntry.objects.get(number=4)
    for number in range(5, 105):  # as if a hundred more had been said
        payload = {**process.payload, "rev": number}
        TalksEntry.objects.create(
            talks=process.talks,
            number=number,
            what="pulse",
            ref=process.ref,
            rev=number,
            at=process.at + timedelta(minutes=number),
            payload=payload,
        )
    actions.rebuild(by=world.BY)
    newest = talks_world.entries(home)
    assert [one["number"] for one in newest["entries"]] == list(range(104, 54, -1))
    seen, path = {one["number"] for one in newest["entries"]}, newest["older"]
    while path:
        part = json.loads((public / path.lstrip("/")).read_text("utf-8"))
        seen |= {one["number"] for one in part["entries"]}
        path = part["older"]
    assert seen == set(range(1, 105))
    assert 'id="e51"' in read(public, f"en/talks/{REF}/2/")
    assert f'href="/en/talks/{REF}/1/"' in read(public, f"en/talks/{REF}/2/")
    assert "Entries 1 to 84" in read(public, f"en/talks/{REF}/")


def test_correction_is_an_entry_of_its_own_and_the_old_one_says_so(talks: Talks, public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=talks.joint("opening"))
    texts = talks.texts("opening")
    texts["en"] = (texts["en"][0], texts["en"][1], texts["en"][2].replace("four members", "six members"))
    note = {"en": "The number of members."}
    second = talks.joint("opening", rev=2, texts=texts, correction=note)
    actions.publish_edition(by=world.BY, edition=second)
    page = read(public, f"en/talks/{REF}/")
    assert "replaced by entry 3" in page
    assert "six members" in page
    event = Pulse.objects.get(ref=second.ref, rev=2)
    assert event.kind == "correction"
    assert event.data["talks"] == {"process": REF, "number": 3, "what": "joint"}
    assert (public / f"talks/{REF}/consents/{second.ref}-2.note").exists()


def test_withdrawn_text_is_shown_no_more_and_its_number_stays(talks: Talks, public: Path, home: Path) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    version = Alternat("eastmark", "en", "T", "", "Eastmark and Northland met.")
    actions.publish_alternats(by=world.BY, process=REF, ref=edition.ref, rev=1, versions=[version])
    file = public / f"talks/{REF}/versions/{edition.ref}-1.eastmark.en.txt"
    assert "Eastmark and Northland met." in file.read_text("utf-8")
    assert "Versions of the parties" in read(public, f"en/statements/{edition.slug}/")
    record = world.withdrawal(edition.ref, 2)
    at = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
    reasons = {"en": "Wrong text."}
    actions.publish_withdrawal(by=world.BY, ref=edition.ref, rev=2, at=at, reasons=reasons, record=record)
    page = read(public, f"en/talks/{REF}/")
    assert 'id="e2"' in page
    assert "working groups" not in page + json.dumps(talks_world.entries(home))
    assert not file.exists()
    event = Pulse.objects.get(kind="withdrawal")
    assert event.data["talks"] == {"process": REF, "number": 2, "what": "withdrawal"}
    assert "body" not in Pulse.objects.get(kind="statement").data["texts"]["en"]
    assert Pulse.objects.get(kind="statement").data["talks"]["process"] == REF


def test_agreed_text_says_who_signed_and_what_that_cannot_prove(talks: Talks, public: Path) -> None:
    edition = talks.joint("opening")
    actions.publish_edition(by=world.BY, edition=edition)
    page = read(public, f"en/statements/{edition.slug}/")
    for words in (
        "Agreed text",
        "own key",
        "Cannot prove: which person held the key",
        "all of: Northland, Eastmark. It was met.",
        f"/talks/{REF}/consents/{edition.ref}-1.note",
        f"--statement {edition.ref}-1",
        "Entry 2 of the talks",
    ):
        assert words in page, words


def test_rule_that_is_not_met_is_not_called_met(talks: Talks, public: Path) -> None:
    edition = talks.joint("opening")
    agreed = edition.talks
    assert agreed is not None
    one = dataclasses.replace(agreed, consents=agreed.consents[:1])
    actions.publish_edition(by=world.BY, edition=dataclasses.replace(edition, talks=one))
    assert "Do not rely on this text" in read(public, f"en/statements/{edition.slug}/")


def test_words_of_the_host_about_talks_are_marked_as_not_agreed(talks: Talks, public: Path) -> None:
    text = {
        "title": "On the agreement",
        "summary": "",
        "body": f"See [this](https://x.example/en/talks/{REF}/).",
    }
    edition = dataclasses.replace(world.edition(texts={"en": text}), facts=(), kind="comment")
    actions.publish_edition(by=world.BY, edition=edition)
    assert "Words of the host alone; not agreed" in read(public, f"en/statements/{edition.slug}/")
    other = dataclasses.replace(world.edition("2017-other", slug="other"), kind="comment")
    actions.publish_edition(by=world.BY, edition=other)
    assert "Words of the host alone" not in read(public, "en/statements/other/")


def test_general_live_page_leaves_pulse_lines_to_the_talks(talks: Talks, public: Path) -> None:
    actions.publish_talks_entry(by=world.BY, entry=talks.notice())
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_talks_entry(by=world.BY, entry=talks.pulse())
    page = read(public, "en/live/")
    assert 'data-last="4"' in page
    assert page.count('class="entry') == 3
    assert "/en/statements/five-days" in page
    assert f"/en/talks/{REF}/1/#e2" in page


def test_menu_names_talks_only_where_there_are_any(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    assert "/en/talks/" not in read(public, "en/")
    Talks().publish()
    actions.rebuild(by=world.BY)
    assert 'href="/en/talks/"' in read(public, "en/")
    assert set(Language.objects.values_list("code", flat=True)) >= {"en", "fr", "ar", "ru"}


def test_paused_and_closed_talks_say_so_and_promise_nothing(talks: Talks, public: Path, home: Path) -> None:
    actions.publish_talks(by=world.BY, talks=talks.page(state="closed"))
    assert "The talks are closed." in read(public, f"en/talks/{REF}/")
    assert talks_world.entries(home)["next_due"] is None
    observer = TalksParty("lakeside", {"en": "Lakeside"}, observer=True)
    page = talks.page(state="paused")
    page = dataclasses.replace(page, parties=(*page.parties, observer))
    actions.publish_talks(by=world.BY, talks=page)
    said = read(public, f"en/talks/{REF}/")
    assert "The talks are paused." in said
    assert "Observers: Lakeside." in said


def test_only_the_small_page_may_stand_in_a_frame(talks: Talks, public: Path) -> None:
    site = Site(public, live_url=settings.DRAGOMAN.live_url)
    policies = {}
    for part in ("", "embed/", "protocol/"):
        got: dict[str, str] = {}

        def start(status: str, headers: list[tuple[str, str]], got: dict[str, str] = got) -> None:
            got.update(headers)
            assert status.startswith("200")

        site({"REQUEST_METHOD": "GET", "PATH_INFO": f"/en/talks/{REF}/{part}"}, start)
        policies[part] = got["Content-Security-Policy"]
    assert "frame-ancestors *" in policies["embed/"]
    assert "frame-ancestors 'none'" in policies[""]
    assert "frame-ancestors 'none'" in policies["protocol/"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Talks <go> on.", "Talks &lt;go&gt; on."),
        (
            "تأكيد: 2026-12-14 11:20 UTC+03:00.",
            'تأكيد: <bdi dir="ltr">2026-12-14 11:20 UTC+03:00</bdi>.',
        ),
    ],
)
def test_moment_in_a_line_keeps_its_order(line: str, shown: str) -> None:
    assert press_talks.dated(line) == shown


@pytest.mark.parametrize("ref", ["Stonebridge", "a/b", "", "x" * 41])
def test_wrong_name_is_refused(ref: str) -> None:
    with pytest.raises(Invalid):
        actions.publish_talks(by=world.BY, talks=Talks().page(ref=ref))
