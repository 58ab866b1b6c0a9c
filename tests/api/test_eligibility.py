"""The eligibility checker over the API: the approved table, live facts, what to ask next."""

from __future__ import annotations

import pytest
from tests.api.speaking import Speak
from tests.cast import Cast
from tests.facts.conftest import CLERK, SAMPLE
from tests.facts.test_conditions import GERMAN, approved

from dragoman.facts import actions
from dragoman.facts.models import Sheet

pytestmark = pytest.mark.django_db
ADDRESS = "/eligibility/visa-free"


@pytest.fixture
def ready(cast: Cast) -> Sheet:
    actions.import_sheet(by=CLERK, mission=cast.capital, source=SAMPLE)
    sheet = Sheet.objects.get(slug="visa-free")
    approved(cast, sheet)
    return sheet


def test_program_is_told_yes_and_no_and_why(cast: Cast, ready: Sheet, speak: Speak) -> None:
    reader = speak(cast.editor, "read")
    yes = reader("POST", ADDRESS, {"answers": GERMAN})
    assert yes.status_code == 200
    assert (yes.json()["outcome"], yes.json()["rows"], yes.json()["table_version"]) == ("yes", ["Y1"], 1)
    no = reader("POST", ADDRESS, {"answers": {**GERMAN, "days": 6}, "lang": "de"}).json()
    assert (no["outcome"], no["facts"]) == ("no", ["visa-free/F2"])
    assert no["why"][0]["text"].startswith("Der Aufenthalt")
    assert reader("POST", ADDRESS, {}).json()["ask"] == "nationality"


def test_wrong_answers_tables_and_tokens_are_refused(cast: Cast, ready: Sheet, speak: Speak) -> None:
    reader = speak(cast.editor, "read")
    refused = reader("POST", ADDRESS, {"answers": {"days": 0, "name": "Jan"}})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-answer")
    assert reader("POST", "/eligibility/no-such", {"answers": {}}).status_code == 404
    assert speak(cast.editor, "write")("POST", ADDRESS, {"answers": {}}).status_code == 403
    assert speak(cast.stranger, "read")("POST", ADDRESS, {"answers": {}}).status_code == 404
