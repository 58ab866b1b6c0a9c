"""The facts pages of the desk, asked as a browser asks them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cast import Cast
from tests.facts.conftest import SAMPLE

from dragoman.facts import actions, queries
from dragoman.facts.models import Proposal, Sheet
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db


def as_(officer: Officer) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def fact_fields(**changes: str) -> dict[str, str]:
    """What the form of F7 sends back untouched, and then some."""
    fact = queries.resolve("visa-free/F7")
    fields = {f"text_{lang}": text for lang, text in fact.texts.items()}
    fields |= {f"basis_{lang}": text for lang, text in fact.basis.items()}
    plain = {
        "valid_from": str(fact.valid_from),
        "owner": "capital",
        "sources": "\n".join(fact.sources),
        "read": fact.content_digest(),
    }
    return {**fields, **plain, **changes}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "new/",
        "import/",
        "visa-free/",
        "visa-free/?lang=ar",
        "visa-free/change/",
        "visa-free/new/",
        "visa-free/F1/",
        "visa-free/F1/1/",
        "visa-free/F1/revise/",
    ],
)
def test_page_opens_for_an_author_and_for_nobody_signed_out(path: str, cast: Cast, sheet: Sheet) -> None:
    assert as_(cast.editor).get(f"/facts/{path}").status_code == 200
    assert Client().get(f"/facts/{path}").status_code == 302


@pytest.mark.parametrize(
    "path", ["none/", "visa-free/F99/", "visa-free/F1/7/", "proposals/9/", "none/export.toml", "visa-free/x/"]
)
def test_what_is_not_there_is_not_found(path: str, cast: Cast, sheet: Sheet) -> None:
    assert as_(cast.editor).get(f"/facts/{path}").status_code == 404


def test_stranger_finds_no_sheet(cast: Cast, sheet: Sheet) -> None:
    assert b"/facts/visa-free/" not in as_(cast.stranger).get("/facts/").content
    assert as_(cast.stranger).get("/facts/visa-free/").status_code == 404


def test_auditor_reads_but_is_not_let_to_the_forms(cast: Cast, sheet: Sheet) -> None:
    client = as_(cast.auditor)
    assert client.get("/facts/visa-free/F1/").status_code == 200
    assert client.get("/facts/visa-free/F1/revise/").status_code == 403


def test_texts_carry_their_language_and_side(cast: Cast, sheet: Sheet) -> None:
    page = as_(cast.editor).get("/facts/visa-free/?lang=ar").content.decode()
    assert 'lang="ar" dir="rtl"><p>لا تتجاوز مدة الإقامة 5 أيام' in page


def test_revision_by_form_makes_a_version_once_cited(cast: Cast, sheet: Sheet) -> None:
    client = as_(cast.editor)
    actions.mark_cited(by=cast.editor, fact=queries.resolve("visa-free/F7"))
    changed = fact_fields(text_en="Any number of trips.")
    missing = client.post("/facts/visa-free/F7/revise/", changed)
    assert missing.status_code == 422
    done = client.post("/facts/visa-free/F7/revise/", changed | {"why": "Plainer"}, follow=True)
    assert done.status_code == 200
    assert "<ins>Any</ins>" in done.content.decode()
    assert queries.resolve("visa-free/F7").version == 2
    assert "superseded" in client.get("/facts/visa-free/F7/1/").content.decode()


def test_second_writer_is_told_and_keeps_what_was_typed(cast: Cast, sheet: Sheet) -> None:
    mine = fact_fields(text_en="Mine.")
    theirs = fact_fields(text_en="Theirs.")
    as_(cast.admin).post("/facts/visa-free/F7/revise/", theirs)
    answer = as_(cast.editor).post("/facts/visa-free/F7/revise/", mine)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "changed by someone else" in page
    assert "Mine." in page
    assert queries.resolve("visa-free/F7").texts["en"] == "Theirs."


def test_form_names_the_field_of_each_fault(cast: Cast, sheet: Sheet) -> None:
    fields = fact_fields(
        text_ar="\u202eواحد", sources="ftp://a", valid_to="2001-01-01", more_language="??", more_text="x"
    )
    answer = as_(cast.editor).post("/facts/visa-free/F7/revise/", fields)
    form: Any = answer.context["form"]
    assert set(form.errors) == {"text_ar", "sources", "valid_to", "more_text"}


def test_new_language_is_added_by_form(cast: Cast, sheet: Sheet) -> None:
    fields = fact_fields(more_language="fr", more_text="Le nombre de voyages n’est pas limité.")
    as_(cast.editor).post("/facts/visa-free/F7/revise/", fields)
    assert queries.resolve("visa-free/F7").texts["fr"].startswith("Le nombre")


def test_embassy_proposes_by_form_and_capital_adopts(cast: Cast, sheet: Sheet) -> None:
    fields = fact_fields(text_de="Beliebig viele Reisen.", why="Plainer")
    answer = as_(cast.embassy).post("/facts/visa-free/F7/revise/", fields, follow=True)
    assert "Nothing has changed yet" in answer.content.decode()
    proposal = Proposal.objects.get()
    assert "Adopt" not in as_(cast.embassy).get(f"/facts/proposals/{proposal.pk}/").content.decode()
    assert as_(cast.embassy).post(f"/facts/proposals/{proposal.pk}/", {"adopt": "1"}).status_code == 422
    as_(cast.editor).post(f"/facts/proposals/{proposal.pk}/", {"adopt": "1"})
    assert queries.resolve("visa-free/F7").texts["de"] == "Beliebig viele Reisen."


def test_sheet_and_fact_are_made_by_form(cast: Cast) -> None:
    client = as_(cast.editor)
    fields = {"slug": "hours", "mission": "berlin", "source_language": "de", "zone": "Europe/Berlin"}
    assert client.post("/facts/new/", fields | {"title": "Zeiten", "zone": "Mars"}).status_code == 422
    client.post("/facts/new/", fields | {"title": "Öffnungszeiten"})
    fact = {"text_de": "Montags 9 bis 12 Uhr.", "basis_de": "Anordnung 3", "owner": "berlin"}
    answer = client.post("/facts/hours/new/", fact)
    assert answer.headers["Location"] == "/facts/hours/F1/"
    assert client.get("/facts/hours/").status_code == 200
    change = {"title_de": "Zeiten", "summary_de": "", "zone": "UTC"}
    client.post("/facts/hours/change/", change)
    assert Sheet.objects.get(slug="hours").title == "Zeiten"


# ---- import and export ----------------------------------------------------------------------------------


def test_import_shows_first_and_changes_on_a_yes(cast: Cast, sheet: Sheet) -> None:
    client = as_(cast.editor)
    source = SAMPLE.replace("The number of trips is not limited.", "Any number of trips.")
    file = SimpleUploadedFile("sheet.toml", source.encode())
    preview = client.post("/facts/import/", {"mission": "capital", "file": file})
    assert "Nothing has been changed yet" in preview.content.decode()
    assert queries.resolve("visa-free/F7").texts["en"] == "The number of trips is not limited."
    yes = {"mission": "capital", "source": source, "expected": preview.context["plan"].digest, "yes": "1"}
    done = client.post("/facts/import/", yes, follow=True)
    assert "1 changed" in done.content.decode()
    assert queries.resolve("visa-free/F7").texts["en"] == "Any number of trips."


def test_line_ends_of_a_browser_change_nothing(cast: Cast, sheet: Sheet) -> None:
    pasted = SAMPLE.replace("\n", "\r\n")
    preview = as_(cast.editor).post("/facts/import/", {"mission": "capital", "source": pasted})
    assert preview.context["plan"].nothing_changes


def test_faulty_import_names_lines_and_keeps_the_text(cast: Cast, sheet: Sheet) -> None:
    source = SAMPLE.replace('number = "F4"', 'number = "F3"')
    answer = as_(cast.editor).post("/facts/import/", {"mission": "capital", "source": source})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "fact number F3 stands here a second time" in page
    assert "must not be used to plan a journey" in page


@pytest.mark.parametrize("way", ["file", "pasted"])
def test_ten_megabytes_are_refused_with_a_clear_answer(way: str, cast: Cast, sheet: Sheet) -> None:
    big = b"#" * 10_000_000
    given: dict[str, Any] = (
        {"file": SimpleUploadedFile("big.toml", big)} if way == "file" else {"source": big.decode()}
    )
    answer = as_(cast.editor).post("/facts/import/", {"mission": "capital", **given})
    assert answer.status_code in (413, 422)
    assert "MB" in answer.content.decode()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"\x00" * 50, "títle".encode("latin-1")])
def test_odd_files_are_refused_with_words(data: bytes, cast: Cast, sheet: Sheet) -> None:
    file = SimpleUploadedFile("odd.toml", data)
    answer = as_(cast.editor).post("/facts/import/", {"mission": "capital", "file": file})
    assert answer.status_code == 422


def test_embassy_cannot_import_over_the_capitals_sheet(cast: Cast, sheet: Sheet) -> None:
    client = as_(cast.embassy)
    assert client.post("/facts/import/", {"mission": "capital", "source": SAMPLE}).status_code == 422
    answer = client.post("/facts/import/", {"mission": "berlin", "source": SAMPLE})
    assert "belongs to Press Service" in answer.content.decode()


def test_export_is_a_file_that_comes_back_as_no_change(cast: Cast, sheet: Sheet) -> None:
    answer = as_(cast.embassy).get("/facts/visa-free/export.toml")
    assert 'filename="visa-free.toml"' in answer.headers["Content-Disposition"]
    assert queries.plan_import(cast.capital, answer.content.decode()).nothing_changes


def test_list_asks_the_database_no_more_for_more_sheets(
    cast: Cast, sheet: Sheet, django_assert_max_num_queries: Any
) -> None:
    for n in range(12):
        source = SAMPLE.replace('slug = "visa-free"', f'slug = "copy-{n}"')
        actions.import_sheet(by=cast.admin, mission=cast.capital, source=source)
    client = as_(cast.editor)
    client.get("/facts/")
    # each count of the menu is one of them
    with django_assert_max_num_queries(22):
        client.get("/facts/")
