"""Editions, corrections and withdrawals as files, rows and events."""

import dataclasses
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from tests.public import world

from dragoman.audit.models import Event
from dragoman.lib.problems import Conflict, Invalid, NotFound
from dragoman.public import actions, queries
from dragoman.public.actions import common
from dragoman.public.models import EditionRow, Page, Pulse, Story
from dragoman.public.values import Elsewhere

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "five-days-2017-4f7kq2"
WITHDRAWN_AT = datetime(2017, 2, 1, 9, 0, tzinfo=UTC)


def tree(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314  our own bytes


def page(public: Path, path: str) -> str:
    return (public / path.strip("/") / "index.html").read_text()


def test_edition_stands_at_its_addresses_in_each_language(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    for path in (f"en/statements/{SLUG}", f"en/statements/{SLUG}/1", f"ar/statements/{SLUG}", "en", "ar"):
        assert (public / path / "index.html").is_file(), path
    english, arabic = page(public, f"en/statements/{SLUG}"), page(public, f"ar/statements/{SLUG}")
    assert '<html lang="en" dir="ltr">' in english
    assert '<html lang="ar" dir="rtl">' in arabic
    assert f'hreflang="ar" href="http://localhost:8000/ar/statements/{SLUG}/"' in english
    assert "11 January 2017, 12:00</time></b> Minsk (UTC+3)" in english
    assert world.EN["title"] in page(public, "en")


def test_statement_page_is_small_and_asks_nobody_else(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_edition(by=world.BY, edition=world.corrected())
    html = page(public, f"en/statements/{SLUG}")
    whole = len(html.encode())
    for name in ("public", "verify"):
        whole += sum(one.stat().st_size for one in (public / "static").glob(f"{name}.*"))
    assert whole <= 60_000
    assert " style=" not in html
    assert html.count("<script") == 2  # the check of the text, and the notices on top
    assert "//cdn" not in html


def test_nothing_is_shown_before_its_proof_is_there(public: Path) -> None:
    edition = world.edition()
    (public / edition.record.proof_path.lstrip("/")).unlink()
    with pytest.raises(Conflict, match="nothing may be shown"):
        actions.publish_edition(by=world.BY, edition=edition)
    assert not (public / "en").exists()
    assert not Story.objects.exists()


def test_publishing_twice_changes_nothing(public: Path) -> None:
    edition = world.edition()
    first = actions.publish_edition(by=world.BY, edition=edition)
    before = page(public, f"en/statements/{SLUG}")
    assert actions.publish_edition(by=world.BY, edition=edition) == first == 1
    assert page(public, f"en/statements/{SLUG}") == before
    assert Pulse.objects.count() == EditionRow.objects.count() == 1
    assert Event.objects.filter(verb="public.publish_edition").count() == 1


def test_same_revision_with_another_text_is_refused() -> None:
    edition = world.edition()
    actions.publish_edition(by=world.BY, edition=edition)
    other = dataclasses.replace(edition, texts=(dataclasses.replace(edition.texts[0], sha256="0" * 64),))
    with pytest.raises(Conflict, match="Another text"):
        actions.publish_edition(by=world.BY, edition=other)


def test_correction_shows_struck_and_added_words_and_the_old_page_says_it_is_old(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_edition(by=world.BY, edition=world.corrected())
    newest, old = page(public, f"en/statements/{SLUG}"), page(public, f"en/statements/{SLUG}/1")
    assert "<del>US dollars</del> <ins>euro</ins>" in newest
    assert "Paragraph 3 gave the insurance in dollars." in newest
    assert "11 January 2017, 12:00</time>" in newest
    assert "This is an earlier revision" in old
    assert "10,000 US dollars" in old
    assert f'href="/en/statements/{SLUG}/"' in old
    assert "<del>دولار أمريكي</del> <ins>يورو</ins>" in page(public, f"ar/statements/{SLUG}")


def test_correction_comes_to_the_front_of_every_feed_as_an_update(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    later = datetime(2017, 1, 11, 20, 0, tzinfo=UTC)
    actions.publish_edition(by=world.BY, edition=world.edition("2017-other", released=later))
    before = json.loads((public / "feeds/en.json").read_text())["items"]
    actions.publish_edition(by=world.BY, edition=world.corrected())
    items = json.loads((public / "feeds/en.json").read_text())["items"]
    assert [item["id"] for item in items] == [item["id"] for item in before][::-1]
    assert items[0]["title"].startswith("Corrected: ")
    assert items[0]["date_modified"] == "2017-01-12T07:20:00Z"
    assert items[0]["date_published"] == "2017-01-11T09:00:00Z"
    name = "{http://www.w3.org/2005/Atom}"
    atom = tree((public / "feeds/en.atom").read_bytes())
    assert atom.findtext(f"{name}entry/{name}updated") == "2017-01-12T07:20:00Z"
    rss = tree((public / "feeds/en.rss").read_bytes())
    assert "Corrected: " in str(rss.findtext("channel/item/title"))


def test_withdrawal_leaves_a_tombstone_and_no_word_of_the_text(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    reasons = {"en": "The date was agreed with nobody."}
    record = world.withdrawal(rev=2)
    for _ in range(2):
        actions.publish_withdrawal(
            by=world.BY, ref="2017-4f7kq2", rev=2, at=WITHDRAWN_AT, reasons=reasons, record=record
        )
    for path in (f"en/statements/{SLUG}", f"en/statements/{SLUG}/1", f"ar/statements/{SLUG}"):
        html = page(public, path)
        assert "The date was agreed with nobody." in html
        assert "2017-4f7kq2-1.tlog-proof" in html
        assert "passport" not in html
    for file in public.rglob("*"):
        if (
            file.is_file()
            and "record" not in file.parts
            and file.suffix in (".html", ".json", ".atom", ".rss")
        ):
            assert "Citizens of 80" not in file.read_text(), file
    assert "Withdrawn: " in (public / "feeds/en.rss").read_text()
    assert Pulse.objects.filter(kind="withdrawal").count() == 1
    assert "passport" not in json.dumps([row.data for row in Pulse.objects.all()])


def test_withdrawn_statement_takes_no_further_revision() -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    second = world.corrected()
    record = world.withdrawal()
    actions.publish_withdrawal(
        by=world.BY, ref="2017-4f7kq2", rev=3, at=WITHDRAWN_AT, reasons={"en": "Wrong."}, record=record
    )
    with pytest.raises(Conflict, match="withdrawn"):
        actions.publish_edition(by=world.BY, edition=second)


def test_language_that_a_correction_lacks_keeps_its_page_and_says_so(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    texts = {"en": {**world.EN, "title": "Another title"}}
    actions.publish_edition(by=world.BY, edition=world.edition(rev=2, texts=texts))
    arabic = page(public, f"ar/statements/{SLUG}")
    assert 'id="old"' in arabic
    assert f'<a href="/en/statements/{SLUG}/" hreflang="en"' in arabic


def test_copies_elsewhere_are_listed_with_their_offset_or_their_state(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    links = [
        Elsewhere("Bluesky", "https://bsky.example/1", "sent", 38),
        Elsewhere("Telegram", "", "unsure"),
        Elsewhere("Bad", "javascript:alert(1)", "sent", 5),
    ]
    actions.set_elsewhere(by=world.BY, ref="2017-4f7kq2", rev=1, links=links)
    html = page(public, f"en/statements/{SLUG}")
    assert "+38 ms" in html
    assert "not confirmed" in html
    assert "javascript:" not in html
    with pytest.raises(NotFound):
        actions.set_elsewhere(by=world.BY, ref="nothing", rev=1, links=links)


def test_events_are_numbered_without_gaps_and_hold_the_full_text() -> None:
    for number in range(1, 4):
        found = actions.publish_edition(by=world.BY, edition=world.edition(f"2017-{number}"))
        assert found == number
    data = Pulse.objects.get(number=3).data
    assert data["texts"]["en"]["body"] == world.EN["body"]
    assert data["texts"]["ar"]["url"] == "/ar/statements/five-days-2017-3/"
    assert data["proof"] == "/record/proof/2017-3-1.tlog-proof"


def test_event_and_notice_are_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = world.edition()

    def fails(**_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(common, "note", fails)
        with pytest.raises(OSError, match="full"):
            actions.publish_edition(by=world.BY, edition=edition)
    assert not Pulse.objects.exists()
    assert queries.oldest_unannounced() is not None
    with psycopg.connect(**connection.get_connection_params()) as writer:
        writer.execute("SELECT pg_advisory_lock(%s)", [actions.FILES_LOCK])
        assert actions.catch_up(by=world.BY) == 0, "it waits while somebody else writes"
        writer.execute("SELECT pg_advisory_unlock(%s)", [actions.FILES_LOCK])
    assert actions.catch_up(by=world.BY) == 1
    assert Pulse.objects.get().number == 1
    assert queries.oldest_unannounced() is None
    assert actions.catch_up(by=world.BY) == 0


def test_everything_can_be_written_again_from_the_rows(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_edition(by=world.BY, edition=world.corrected())
    actions.publish_sheet(by=world.BY, sheet=world.sheet())
    changing = ("live", "record")
    files = {
        file: file.read_bytes()
        for file in public.rglob("*")
        if file.is_file() and not set(changing) & set(file.relative_to(public).parts)
    }
    for file in files:
        file.unlink()
    assert actions.rebuild(by=world.BY) == 1
    assert {file: file.read_bytes() for file in files} == files


def test_empty_site_has_friendly_pages(public: Path) -> None:
    actions.rebuild(by=world.BY)
    assert "Nothing is published" in page(public, "")
    for path in (
        "en",
        "en/archive",
        "en/live",
        "en/record",
        "record",
        "en/facts",
        "accessibility",
        "en/search",
    ):
        assert page(public, path)
    assert (public / "404.html").is_file()
    assert "No fact sheet is published yet" in page(public, "en/facts")
    tree((public / "feeds/en.atom").read_bytes())
    tree((public / "sitemap.xml").read_bytes())


def test_fact_sheet_is_a_page_in_each_language_and_json(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_sheet(by=world.BY, sheet=world.sheet())
    english = page(public, "facts/visa-free")
    assert page(public, "en/facts/visa-free") == english
    assert 'id="F5"' in english
    assert "Earlier versions" in english
    assert "مواطنو 80 دولة." in page(public, "ar/facts/visa-free")
    data = json.loads((public / "facts/visa-free/index.json").read_text())
    assert data["facts"][0]["number"] == "F1"
    assert "Five days without a visa" in page(public, "en/facts")


def test_search_lists_hold_titles_and_words_of_the_text(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    index = json.loads((public / "en/search/index.json").read_text())
    assert index["shards"] == ["/en/search/2017-01-1.json"]
    (row,) = json.loads((public / "en/search/2017-01-1.json").read_text())
    assert row["t"] == world.EN["title"]
    assert "passport" in row["w"]


def test_time_map_lists_every_revision(public: Path) -> None:
    actions.publish_edition(by=world.BY, edition=world.edition())
    actions.publish_edition(by=world.BY, edition=world.corrected())
    lines = (public / f"en/statements/{SLUG}/timemap").read_text().splitlines()
    assert len(lines) == 4
    assert lines[2].endswith('rel="first memento"; datetime="Wed, 11 Jan 2017 09:00:00 GMT",')
    assert f'{SLUG}/2/>; rel="last memento"' in lines[3]


@pytest.mark.parametrize(
    "wrong",
    [{"ref": "../x"}, {"slug": "Has Space"}, {"slug": "a/b"}, {"texts": ()}],
)
def test_what_cannot_stand_on_the_site_is_refused_with_its_field(wrong: dict[str, object]) -> None:
    edition = dataclasses.replace(world.edition(), **wrong)
    with pytest.raises(Invalid) as refused:
        actions.publish_edition(by=world.BY, edition=edition)
    assert refused.value.where[0]["field"] in wrong


def test_text_with_markup_shows_as_text(public: Path) -> None:
    evil = {"title": "<script>alert(1)</script>", "summary": "<b>x</b>", "body": '<img src=x onerror="1">'}
    actions.publish_edition(by=world.BY, edition=world.edition(texts={"en": evil}))
    for path in ("", "en", f"en/statements/{SLUG}", "en/archive/2017-01", "en/live"):
        html = page(public, path)
        assert "<script>alert" not in html
        assert "<img src=x" not in html
    assert "<script>" not in (public / "feeds/en.atom").read_text()


def test_archive_is_cut_into_pages_that_link_each_other(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dragoman.public.rules.ARCHIVE_PAGE", 2)
    monkeypatch.setattr("dragoman.public.rules.page_of", lambda place, size=2: place // size + 1)
    for number in range(5):
        actions.publish_edition(by=world.BY, edition=world.edition(f"2017-{number}"))
    month = "en/archive/2017-01"
    assert page(public, month) == page(public, f"{month}/3")
    assert f'href="/{month}/2/" rel="prev"' in page(public, month)
    assert f'href="/{month}/3/" rel="next"' in page(public, f"{month}/2")
    assert f'href="/{month}/2/" rel="next"' in page(public, f"{month}/1")
    assert page(public, f"{month}/1").count("<h2>") == 2


def test_publishing_touches_only_what_lists_the_statement(public: Path) -> None:
    """The number of queries does not grow with what is already published."""
    actions.publish_edition(by=world.BY, edition=world.edition("2017-a"))
    counts = []
    for name in ("b", "c"):
        edition = world.edition(f"2017-{name}")
        with connection.execute_wrapper(lambda run, *rest: counts.append(1) or run(*rest)):
            actions.publish_edition(by=world.BY, edition=edition)
        counts.append(0)
    first = counts.index(0)
    assert len(counts) - first - 2 <= first + 2
    assert Page.objects.count() == 6
