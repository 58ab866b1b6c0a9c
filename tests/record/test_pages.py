from pathlib import Path

import pytest
from django.test import Client
from tests.cast import Cast, assemble
from tests.record.conftest import Seal, texts, trust
from tests.record.desk_witness import DeskWitness

from dragoman.record import keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return assemble()


@pytest.fixture
def page(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.auditor)
    return client


def test_an_empty_record_says_so(page: Client) -> None:
    text = page.get("/record/").content.decode()
    assert "Nothing sealed yet" in text
    assert "The first release makes the first entry" in text


def test_a_record_without_witnesses_never_shows_a_green_mark(page: Client, seal: Seal) -> None:
    seal()
    text = page.get("/record/").content.decode()
    assert "Own signature only" in text
    assert 'class="st good"' not in text.partition("<main")[2]
    assert str(keys.signing()[0].verifier) in text


def test_witnesses_are_named_with_what_they_answered(
    page: Client, seal: Seal, witnesses: list[DeskWitness]
) -> None:
    trust(witnesses, 2)
    witnesses[0].mood = witnesses[1].mood = 503
    seal()
    text = page.get("/record/").content.decode()
    assert "Awaiting witnesses" in text
    assert "it answered with status 503" in text
    assert "1 of 3 witnesses" in text
    assert "any 2 of 3 must sign" in text
    assert "Not enough yet" in text
    witnesses[0].mood = witnesses[1].mood = 0
    after = page.post("/record/catch-up/", follow=True).content.decode()
    assert "Every proof has its witnesses." in after
    assert "Witnessed" in after


def test_entries_are_listed_latest_first_and_found_by_statement(page: Client, seal: Seal) -> None:
    seal("one")
    seal("two", texts=texts("Many", *[f"a{letter}" for letter in "abcdefghijkl"]))
    seal("one", rev=2, kind="correction")
    text = page.get("/record/").content.decode()
    assert text.index("/record/2/") < text.index("/record/1/") < text.index("/record/0/")
    assert "and 6 more" in text
    only = page.get("/record/?id=two").content.decode()
    assert "/record/1/" in only
    assert "/record/0/" not in only
    assert "does not make it false" in page.get("/record/?id=nothing").content.decode()


def test_a_long_record_is_paged(page: Client, seal: Seal) -> None:
    for number in range(52):
        seal(f"entry-{number}")
    first = page.get("/record/").content.decode()
    assert "before=2" in first
    assert "/record/0/" in page.get("/record/?before=2").content.decode()


def test_an_entry_shows_its_bytes_its_proof_and_what_came_later(page: Client, seal: Seal) -> None:
    sealed = seal("one")
    seal("one", rev=2, kind="correction")
    text = page.get("/record/0/").content.decode()
    assert sealed.leaf.decode().replace('"', "&quot;") in text
    assert "/record/proof/one-1.tlog-proof" in text
    assert "correction, revision 2" in text
    assert page.get("/record/7/").status_code == 404


def test_an_audit_from_the_page_tells_what_is_lost(page: Client, seal: Seal, home: Path) -> None:
    seal()
    assert "All 1 entries" in page.post("/record/audit/", follow=True).content.decode()
    next((home / "public" / "record" / "text").iterdir()).unlink()
    assert "gone or wrong" in page.post("/record/audit/", follow=True).content.decode()


def test_a_damaged_key_is_told_on_the_page(page: Client, seal: Seal, home: Path) -> None:
    seal()
    next((home / "keys").glob("record-*.key")).write_text("x")
    text = page.get("/record/").content.decode()
    assert "is damaged" in text


def test_an_author_reads_and_does_not_audit(cast: Cast, seal: Seal) -> None:
    client = Client()
    client.force_login(cast.editor)
    assert client.get("/record/").status_code == 200
    assert client.post("/record/audit/").status_code == 403
