"""What belongs to one mission is out of reach of another: by address, by API and by deed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.cast import officer
from tests.lib.test_films import mp4
from tests.security.ground import SYSTEM, Ground, addresses, everything, png, seat

from dragoman.channels import actions as channels
from dragoman.channels.models import Delivery
from dragoman.facts import actions as facts
from dragoman.lib.problems import NotAllowed, NotFound
from dragoman.staff import actions as staff
from dragoman.staff.rules import SCOPES
from dragoman.statements.actions import corrections, drafts, pictures, releases, review, videos
from dragoman.statements.actions.input import TextInput

# Pages that name a thing but show what is public already, or only what the asker may see of it.
OPEN = {
    "/record/<int:index>/",
    "/statements/citing/<str:sheet>/<str:number>/",
    "/channels/new/<slug:kind_name>/",
    "/channels/kinds/<slug:kind_name>/",
    "/audit/export/<str:form>/",
    "/staff/account/sessions/<int:pk>/end/",
    "/day/<str:table>.csv",
}
GIVEN = {
    "why": "Because I say so, at length.",
    "reason": "Because I say so, at length.",
    "note": "I looked at it.",
    "title": "Taken over",
    "body": "Taken over.",
    "digest": "0" * 64,
    "when": "now",
    "words_en": "Taken over",
    "lang": "fr",
    "deed": "reset_password",
    "role": "author",
    "mission": "vilnius",
    "answer": "out",
    "adopt": "1",
}


@pytest.mark.parametrize("which", ["draft", "armed", "released"])
def test_no_address_opens_or_changes_what_is_another_missions(ground: Ground, which: str) -> None:
    client = seat(ground.outsider)
    before = everything()
    wrong = []
    for pattern, address in addresses(ground, getattr(ground, which)):
        if pattern in OPEN:
            continue
        for answer in (client.get(address), client.post(address, GIVEN)):
            if answer.status_code not in (403, 404, 405):
                wrong.append(f"{answer.request['REQUEST_METHOD']} {address}: {answer.status_code}")
    assert not wrong, wrong
    after = everything()
    assert [table for table in before if before[table] != after[table]] == []


def test_no_list_shows_what_is_another_missions(ground: Ground) -> None:
    client = seat(ground.outsider)
    asked = (
        ground.question.ref,
        ground.answer.answer.ref,
        "M-berlin",
        "day of arrival",
        "stolen",
        "berlin-talks",
    )
    secrets = (ground.draft.statement.ref, "How the five days", "berlin-net", "consular", "writer", *asked)
    for address in ("/", "/statements/", "/statements/releases/", "/channels/", "/channels/deliveries/",
                    "/facts/", "/staff/officers/", "/staff/tokens/", "/audit/",
                    "/inbox/questions/", "/inbox/messages/", "/inbox/help/", "/inbox/answers/", "/day/",
                    "/inbox/misunderstandings/", "/inbox/quality/", "/inbox/questions.csv", "/talks/",
                    "/statements/citing/consular/F1/"):  # fmt: skip
        page = client.get(address).content.decode().replace("/statements/citing/consular", "")
        if "citing" in address:
            page = page.replace("consular", "")
        assert [word for word in secrets if word in page] == [], address


def test_the_api_neither_shows_nor_changes_what_is_another_missions(ground: Ground) -> None:
    raw = staff.make_token(by=SYSTEM, officer=ground.outsider, name="tool", scopes=SCOPES, on_server=True).raw
    client = Client(headers={"Authorization": f"Bearer {raw}"})
    client.get("/api/v1/statements")
    before = everything()
    for revision in (ground.draft, ground.armed, ground.released):
        root = f"/api/v1/statements/{revision.statement.ref}"
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/deliveries", None),
            ("PATCH", "", {"texts": {"en": {"title": "Taken over"}}}),
            ("POST", "/submission", None),
            ("POST", "/clearances", {"key": "0" * 32, "reason": "Because I say so."}),
            ("POST", "/approvals", {"digest": revision.digest}),
            ("POST", "/release", {}),
            ("POST", "/corrections", {"note": "Wrong", "texts": {}}),
            ("POST", "/withdrawal", {"reason": "Wrong"}),
        ):
            answer = client.generic(
                method, root + path, json.dumps(body) if body is not None else "", "application/json"
            )
            assert answer.status_code in (403, 404), (method, path, answer.status_code, answer.content)
    listed = client.get("/api/v1/statements").json()["items"] + client.get("/api/v1/facts").json()["items"]
    assert listed == []
    answer = client.post(
        "/api/v1/facts/import",
        json.dumps({"mission": "berlin", "source": 'slug = "consular"'}),
        "application/json",
    )
    assert answer.status_code in (403, 422)
    assert everything() == before


def deeds(ground: Ground) -> dict[str, Callable[[Any], object]]:
    draft, armed = ground.draft, ground.armed
    unsure = Delivery.objects.get(pk=ground.delivery.pk)
    return {
        "create_statement": lambda by: drafts.create_statement(
            by=by, mission=ground.cast.berlin, kind="statement", source_language="en",
            texts={"en": TextInput("A", "", "B")},
        ),
        "edit_texts": lambda by: drafts.edit_texts(by=by, revision=draft, texts={"en": TextInput("A")}),
        "remove_language": lambda by: drafts.remove_language(by=by, revision=draft, lang="ru"),
        "set_facts": lambda by: drafts.set_facts(by=by, revision=draft, named=[]),
        "set_channels": lambda by: drafts.set_channels(by=by, revision=draft, channels=[]),
        "describe_statement": lambda by: drafts.describe_statement(by=by, revision=draft, risk="high"),
        "discard_draft": lambda by: drafts.discard_draft(by=by, revision=draft, why="no"),
        "add_picture": lambda by: pictures.add_picture(by=by, revision=draft, data=png(), name="x", alt={}),
        "describe_picture": lambda by: pictures.describe_picture(
            by=by, revision=draft, picture_id=ground.picture.pk, alt={}
        ),
        "remove_picture": lambda by: pictures.remove_picture(
            by=by, revision=draft, picture_id=ground.picture.pk
        ),
        "add_video": lambda by: videos.add_video(by=by, revision=draft, chunks=[mp4()], name="x"),
        "name_video": lambda by: videos.name_video(by=by, revision=draft, video_id=1, titles={}),
        "remove_video": lambda by: videos.remove_video(by=by, revision=draft, video_id=1),
        "add_caption": lambda by: videos.add_caption(
            by=by, revision=draft, video_id=1, lang="en", data=b"WEBVTT"
        ),
        "remove_caption": lambda by: videos.remove_caption(by=by, revision=draft, video_id=1, lang="en"),
        "submit_statement": lambda by: review.submit_statement(by=by, revision=draft),
        "return_statement": lambda by: review.return_statement(by=by, revision=armed, why="no"),
        "clear_finding": lambda by: review.clear_finding(by=by, revision=draft, key="x", reason="y" * 20),
        "approve_statement": lambda by: review.approve_statement(
            by=by, revision=draft, digest=draft.digest
        ),
        "release_statement": lambda by: releases.release_statement(by=by, revision=armed),
        "cancel_release": lambda by: releases.cancel_release(by=by, release=ground.release, why="no"),
        "start_correction": lambda by: corrections.start_correction(
            by=by, statement=ground.released.statement, note={"en": "wrong"}
        ),
        "withdraw_statement": lambda by: corrections.withdraw_statement(
            by=by, statement=ground.released.statement, reasons={"en": "wrong"}
        ),
        "create_channel": lambda by: channels.create_channel(
            by=by, mission=ground.cast.berlin, kind="sandbox", slug="mine", label="Mine", values={}
        ),
        "change_channel": lambda by: channels.change_channel(
            by=by, channel=ground.channel, label="Mine", values={}, languages=[], useful_hours=1
        ),
        "change_credentials": lambda by: channels.change_credentials(
            by=by, channel=ground.channel, secrets={"password": "x"}
        ),
        "pause_channel": lambda by: channels.pause_channel(by=by, channel=ground.channel, why="no"),
        "resume_channel": lambda by: channels.resume_channel(by=by, channel=ground.channel),
        "decide_unsure": lambda by: channels.decide_unsure(
            by=by, delivery=unsure, was_sent=True, why="saw it"
        ),
        "retry_delivery": lambda by: channels.retry_delivery(by=by, delivery=unsure),
        "mark_taken_down": lambda by: channels.mark_taken_down(by=by, delivery=unsure, why="gone"),
        "add_fact": lambda by: facts.add_fact(by=by, sheet=ground.sheet, draft=ground.fact.draft()),
        "revise_fact": lambda by: facts.revise_fact(by=by, fact=ground.fact, draft=ground.fact.draft()),
        "change_sheet": lambda by: facts.change_sheet(by=by, sheet=ground.sheet, draft=ground.sheet.head()),
        "propose_fact": lambda by: facts.propose_fact(
            by=by, sheet=ground.sheet, draft=ground.fact.draft(), why="I would say it so."
        ),
        "adopt_proposal": lambda by: facts.adopt_proposal(by=by, proposal=ground.proposal),
        "decline_proposal": lambda by: facts.decline_proposal(by=by, proposal=ground.proposal, why="no"),
        "import_sheet": lambda by: facts.import_sheet(by=by, mission=ground.cast.berlin, source=""),
        "revoke_token": lambda by: staff.revoke_token(by=by, token=ground.token),
        "reset_password": lambda by: staff.reset_password(by=by, officer=ground.writer),
        "remove_factors": lambda by: staff.remove_factors(by=by, officer=ground.writer, why="lost"),
        "deactivate_officer": lambda by: staff.deactivate_officer(by=by, officer=ground.writer),
        "change_officer": lambda by: staff.change_officer(
            by=by, officer=ground.writer, name="X", email=""
        ),
        "set_membership": lambda by: staff.set_membership(
            by=by, officer=ground.writer, mission=ground.cast.berlin, role="releaser"
        ),
        "remove_membership": lambda by: staff.remove_membership(
            by=by, officer=ground.writer, mission=ground.cast.berlin, role="author"
        ),
        "change_mission": lambda by: staff.change_mission(
            by=by, mission=ground.cast.berlin, name="Mine", kind="embassy", zone="UTC", parent=None
        ),
    }  # fmt: skip


def test_no_deed_is_done_for_an_officer_of_another_mission(ground: Ground) -> None:
    before = everything()
    for name, deed in deeds(ground).items():
        for by in (ground.outsider, ground.cast.stranger, officer(f"nobody-{name.replace('_', '-')}")):
            try:
                deed(by)
            except NotAllowed:
                continue
            except NotFound:
                pytest.fail(f"{name} looked for the thing before it asked who wants it")
            pytest.fail(f"{name} was done for {by}")
    after = everything()
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= {"staff_officer", "staff_officerevent"}, changed


def test_an_embassy_neither_approves_nor_releases_for_the_capital(ground: Ground) -> None:
    revision = ground.draft
    revision.statement.mission = ground.cast.capital
    revision.statement.save()
    review.submit_statement(by=ground.cast.editor, revision=revision)
    with pytest.raises(NotAllowed):
        review.approve_statement(by=ground.releaser, revision=revision, digest=revision.digest)
    with pytest.raises(NotAllowed):
        releases.release_statement(by=ground.releaser, revision=revision)
    with pytest.raises(NotAllowed):
        drafts.edit_texts(by=ground.writer, revision=revision, texts={"en": TextInput("A")})
