"""The walk of a statement over HTTP, and what is refused on the way."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.speaking import Speak
from tests.cast import Cast

from dragoman.audit.models import Event
from dragoman.base import clock
from dragoman.statements.actions import putting_out
from dragoman.statements.models import Release, Revision

Body = dict[str, Any]


def made(speak: Speak, cast: Cast, body: Body) -> Body:
    response = speak(cast.editor)("POST", "/statements", body)
    assert response.status_code == 201, response.content
    result: Body = response.json()
    return result


def test_statement_is_made_as_a_draft_with_digest_and_findings(
    speak: Speak, cast: Cast, statement_body: Body
) -> None:
    found = made(speak, cast, statement_body)
    assert found["state"] == "draft"
    assert len(found["digest"]) == 64
    assert found["findings"] == []
    assert found["slug"] == "how-the-five-days-are-counted"
    assert {fact["cite"] for fact in found["facts"]} == {"visa-free/F1", "visa-free/F2"}
    again = speak(cast.editor)("GET", f"/statements/{found['id']}").json()
    assert again == found


def test_finding_says_which_words_why_and_how_to_mend(speak: Speak, cast: Cast, statement_body: Body) -> None:
    statement_body["texts"]["ru"]["body"] = statement_body["texts"]["ru"]["body"].replace("5 дней", "6 дней")
    findings = made(speak, cast, statement_body)["findings"]
    assert {finding["rule"] for finding in findings} >= {"LNG-2", "FCT-1"}
    for finding in findings:
        assert finding["words"]
        assert finding["why"]
        assert finding["mend"]


def test_whole_walk_to_a_planned_release(speak: Speak, cast: Cast, statement_body: Body) -> None:
    one = made(speak, cast, statement_body)
    at = f"/statements/{one['id']}"
    editor, approver, director = speak(cast.editor), speak(cast.approver), speak(cast.director)
    assert editor("POST", f"{at}/submission").json()["state"] == "review"
    refused = editor("POST", f"{at}/approvals", {"digest": one["digest"]})
    assert (refused.status_code, refused.json()["code"]) == (403, "author-cannot-approve")
    stale = approver("POST", f"{at}/approvals", {"digest": "0" * 64})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-digest")
    assert stale.json()["where"][0]["current"] == one["digest"]
    approved = approver("POST", f"{at}/approvals", {"digest": one["digest"]})
    assert approved.status_code == 201
    assert approved.json()["state"] == "approved"
    assert approved.json()["approvals"]["by"] == ["approver"]
    assert approver("POST", f"{at}/release", {}).status_code == 403
    planned = director("POST", f"{at}/release", {"at": f"{clock.now().year + 1}-01-01T10:00:00+03:00"})
    assert planned.status_code == 201, planned.content
    assert planned.json()["state"] == "armed"
    assert planned.json()["release"]["zone"] == "Europe/Minsk"
    assert director("POST", f"{at}/release", {}).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_release_correction_and_withdrawal_reach_the_record(
    speak: Speak, cast: Cast, statement_body: Body
) -> None:
    one = made(speak, cast, statement_body)
    at = f"/statements/{one['id']}"
    editor, approver, director = speak(cast.editor), speak(cast.approver), speak(cast.director)
    editor("POST", f"{at}/submission")
    approver("POST", f"{at}/approvals", {"digest": one["digest"]})
    now = director("POST", f"{at}/release")
    assert (now.status_code, now.json()["state"]) == (201, "releasing"), now.content
    putting_out.put_out_release(by=cast.director, release_id=Release.objects.get().pk)
    out = editor("GET", at).json()
    assert out["state"] == "released"
    assert out["record"]["proof"].endswith(f"{one['id']}-1.tlog-proof")
    assert out["pages"]["en"].endswith(f"/en/statements/{one['slug']}/")
    corrected = editor(
        "POST",
        f"{at}/corrections",
        {"note": "The summary was wrong.", "texts": {"en": {"summary": "Count both days."}}},
    )
    assert corrected.status_code == 201, corrected.content
    assert corrected.json()["revision"] == 2
    assert corrected.json()["texts"]["en"]["summary"] == "Count both days."
    assert corrected.json()["texts"]["en"]["body"] == one["texts"]["en"]["body"]
    assert editor("POST", f"{at}/corrections", {"note": "Again."}).json()["code"] == "correction-open"
    assert editor("POST", f"{at}/withdrawal", {"reason": "The rule was repealed."}).status_code == 403
    withdrawn = director("POST", f"{at}/withdrawal", {"reason": {"en": "The rule was repealed."}})
    assert withdrawn.status_code == 201, withdrawn.content
    assert director("GET", f"{at}/deliveries").json() == {"items": [], "next": None}


def test_change_names_only_what_changes(speak: Speak, cast: Cast, statement_body: Body) -> None:
    one = made(speak, cast, statement_body)
    editor, at = speak(cast.editor), f"/statements/{one['id']}"
    changed = editor("PATCH", at, {"texts": {"en": {"title": "Five days"}}, "risk": "high"}).json()
    assert changed["texts"]["en"]["title"] == "Five days"
    assert changed["texts"]["en"]["body"] == one["texts"]["en"]["body"]
    assert changed["texts"]["ru"] == one["texts"]["ru"]
    assert changed["risk"] == "high"
    assert changed["digest"] != one["digest"]
    gone = editor("PATCH", at, {"texts": {"ru": None}}).json()
    assert list(gone["texts"]) == ["en"]


def test_change_of_what_was_changed_meanwhile_is_refused(
    speak: Speak, cast: Cast, statement_body: Body
) -> None:
    one = made(speak, cast, statement_body)
    editor, at = speak(cast.editor), f"/statements/{one['id']}"
    first = editor("PATCH", at, {"digest": one["digest"], "texts": {"en": {"title": "Mine", "version": 1}}})
    assert first.status_code == 200
    by_digest = editor("PATCH", at, {"digest": one["digest"], "texts": {"en": {"title": "Theirs"}}})
    assert (by_digest.status_code, by_digest.json()["code"]) == (409, "stale-digest")
    by_version = editor("PATCH", at, {"texts": {"en": {"title": "Theirs", "version": 1}}})
    assert by_version.status_code == 409
    assert by_version.json()["where"][0]["title"] == "Mine"


def test_change_is_all_or_nothing(speak: Speak, cast: Cast, statement_body: Body) -> None:
    one = made(speak, cast, statement_body)
    editor, at = speak(cast.editor), f"/statements/{one['id']}"
    refused = editor("PATCH", at, {"texts": {"en": {"title": "New"}}, "channels": ["no-such-channel"]})
    assert refused.status_code == 422
    assert refused.json()["where"][0]["field"] == "channels.0"
    assert editor("GET", at).json() == one


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"mission": "no-such"}, 422, "mission"),
        ({"kind": "poem"}, 422, "body.body.kind"),
        ({"source_language": "xx-"}, 422, "body.body.source_language"),
        ({"source_language": "fr"}, 422, "texts.fr"),
        ({"facts": ["visa-free/F99"]}, 422, "facts"),
        ({"texts": {}}, 422, "body.body.texts"),
        ({"texts": {"en": {"title": "a\x00b"}}}, 422, "body.body.texts.en.title"),
        ({"texts": {"en": {"title": "a\ud800b"}}}, 422, "body.body.texts.en.title"),
        ({"texts": {"en": {"titel": "a"}}}, 422, "body.body.texts.en.titel"),
        ({"texts": {"en": {"body": "x" * 10_000_000}}}, 422, "body.body.texts.en.body"),
    ],
)
def test_wrong_input_is_named_by_field(
    speak: Speak, cast: Cast, *, statement_body: Body, change: Body, status: int, field: str
) -> None:
    response = speak(cast.editor)("POST", "/statements", statement_body | change)
    assert response.status_code == status, response.content
    assert response.json()["where"][0]["field"] == field
    assert not Revision.objects.exists()


def test_stranger_sees_nothing_of_it(speak: Speak, cast: Cast, statement_body: Body) -> None:
    one = made(speak, cast, statement_body)
    stranger, at = speak(cast.stranger), f"/statements/{one['id']}"
    assert stranger("GET", "/statements").json()["items"] == []
    for method, path, body in (
        ("GET", at, None),
        ("PATCH", at, {"risk": "high"}),
        ("POST", f"{at}/submission", None),
        ("POST", f"{at}/approvals", {"digest": one["digest"]}),
        ("POST", f"{at}/release", {}),
        ("POST", f"{at}/withdrawal", {"reason": "Because it is so."}),
        ("GET", f"{at}/deliveries", None),
    ):
        assert stranger(method, path, body).status_code == 404, path


def test_list_is_filtered_and_paged(speak: Speak, cast: Cast, statement_body: Body) -> None:
    refs = {made(speak, cast, statement_body)["id"] for _ in range(5)}
    editor = speak(cast.editor)
    seen, after = [], ""
    while True:
        page = editor("GET", f"/statements?limit=2&after={after}").json()
        seen += [item["id"] for item in page["items"]]
        if not page["next"]:
            break
        after = page["next"]
    assert set(seen) == refs
    assert len(seen) == 5
    assert editor("GET", "/statements?state=released").json()["items"] == []
    assert len(editor("GET", "/statements?state=draft&mission=capital&lang=ru&q=five").json()["items"]) == 5
    assert editor("GET", "/statements?after=nonsense").status_code == 422
    assert editor("GET", "/statements?limit=0").status_code == 422


def test_finding_is_cleared_with_a_reason(speak: Speak, cast: Cast, statement_body: Body) -> None:
    statement_body["texts"]["ru"]["body"] = statement_body["texts"]["ru"]["body"].replace(
        "80 государств", "81 государства"
    )
    one = made(speak, cast, statement_body)
    (finding,) = one["findings"]
    assert finding["severity"] == "reason"
    cleared = speak(cast.editor)(
        "POST",
        f"/statements/{one['id']}/clearances",
        {"key": finding["key"], "reason": "The Russian text counts one more."},
    )
    assert cleared.status_code == 201, cleared.content
    assert cleared.json()["findings"][0]["reason_by"] == "editor"


def test_deed_is_audited_as_of_the_token(speak: Speak, cast: Cast, statement_body: Body) -> None:
    made(speak, cast, statement_body)
    event = Event.objects.filter(verb="statements.create_statement").get()
    assert (event.actor, event.face, event.token) == ("editor", "api", "editor tool")
    assert event.request_id


def test_facts_are_read_and_imported(speak: Speak, cast: Cast) -> None:
    editor = speak(cast.editor)
    page = editor("GET", "/facts?limit=1").json()
    assert [fact["cite"] for fact in page["items"]] == ["visa-free/F1"]
    rest = editor("GET", f"/facts?after={page['next']}").json()
    assert [fact["cite"] for fact in rest["items"]] == ["visa-free/F2"]
    head = 'slug = "border-times"\nsource_language = "en"\n[titles]\nen = "New"\n'
    source = head + '[[facts]]\nnumber = "F1"\ntexts.en = "It is so."\nbasis.en = "Law 1"\n'
    done = editor("POST", "/facts/import", {"mission": "capital", "source": source})
    assert done.status_code == 200, done.content
    assert done.json()["added"] == ["F1"]
    twice = source + '[[facts]]\nnumber = "F1"\ntexts.en = "Again."\nbasis.en = "Law 1"\n'
    refused = editor("POST", "/facts/import", {"mission": "capital", "source": twice})
    assert refused.status_code == 422
    assert refused.json()["where"][0]["line"]
