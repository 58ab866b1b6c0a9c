"""The demonstration's data, brought in through the same actions that people use. May run twice."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from django.db import transaction

from dragoman.accounts import actions as accounts
from dragoman.accounts.models import OfficialAccount
from dragoman.audit import context
from dragoman.base.actor import System
from dragoman.channels import actions as channels
from dragoman.channels.models import Channel
from dragoman.cli.sample_answers import load_answer
from dragoman.facts import actions as facts
from dragoman.facts import queries as fact_queries
from dragoman.facts.models import Sheet
from dragoman.staff import actions as staff
from dragoman.staff.models import Mission, Officer
from dragoman.statements.actions import drafts, releases, review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Revision, Text

BY = System("sample")
SHEETS = ("visa-free.toml",)
Say = Callable[[str], None]


@dataclass
class SampleReport:
    """What was loaded now; what was there already is not named. The passwords are shown only here."""

    passwords: dict[str, str] = field(default_factory=dict)
    missions: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def nothing_new(self) -> bool:
        return not (self.passwords or self.missions or self.sheets or self.statements or self.answers)


def load_sample(*, progress: Say = lambda step: None) -> SampleReport:
    """Load what is missing of missions, officers, facts and statements; leave alone what is there.

    `progress` is told each step by name. The released statement's release is planned for now: the worker puts
    it out as soon as it runs.
    """
    report = SampleReport()
    people, statements = _read("people.toml"), _read("statements.toml")
    with context.entered(face="cli"):
        for mission in people["missions"]:
            progress(f"Mission: {mission['name']}")
            _mission(report, mission)
        for officer in people["officers"]:
            progress(f"Officer: {officer['name']}")
            _officer(report, officer)
        for channel in people["channels"]:
            progress(f"Channel: {channel['label']}")
            _channel(channel)
        for account in people["accounts"]:
            progress(f"Official account: {account['handle']}")
            _account(account)
        for name in SHEETS:
            progress(f"Fact sheet: {name.removesuffix('.toml')}")
            _sheet(report, name)
        for statement in statements["statements"]:
            progress(f"Statement: {statement['texts']['en']['title']}")
            _statement(report, statement)
        for answer in _read("answers.toml")["answers"]:
            progress(f"Answer: {answer['texts']['en']['question']}")
            if (made := load_answer(answer)) is not None:
                report.answers.append(made.ref)
    return report


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(_text(name))


def _text(name: str) -> str:
    return (resources.files("dragoman.sample") / name).read_text("utf-8")


def _mission(report: SampleReport, wanted: Mapping[str, str]) -> None:
    if Mission.objects.filter(slug=wanted["slug"]).exists():
        return
    parent = Mission.objects.get(slug=wanted["parent"]) if "parent" in wanted else None
    rest = {key: value for key, value in wanted.items() if key != "parent"}
    staff.create_mission(by=BY, parent=parent, **rest)
    report.missions.append(wanted["slug"])


@transaction.atomic
def _officer(report: SampleReport, wanted: Mapping[str, Any]) -> None:
    if Officer.objects.filter(username=wanted["username"]).exists():
        return
    made = staff.create_officer(
        by=BY, username=wanted["username"], name=wanted["name"], email=wanted["email"], sample=True
    )
    for post in wanted["roles"]:
        role, _, slug = post.partition("@")
        mission = Mission.objects.get(slug=slug)
        staff.set_membership(by=BY, officer=made.officer, mission=mission, role=role)
    report.passwords[wanted["username"]] = made.password


def _channel(wanted: Mapping[str, Any]) -> None:
    if Channel.objects.filter(slug=wanted["slug"]).exists():
        return
    rest = {key: value for key, value in wanted.items() if key != "mission"}
    channels.create_channel(by=BY, mission=Mission.objects.get(slug=wanted["mission"]), **rest)


@transaction.atomic
def _account(wanted: Mapping[str, Any]) -> None:
    """Proposed by one officer of the sample and confirmed by another, as anywhere."""
    if OfficialAccount.objects.filter(ref=wanted["ref"]).exists():
        return
    editor, admin = (Officer.objects.get(username=name) for name in ("editor", "admin"))
    mission = Mission.objects.get(slug=wanted["mission"])
    rest = {key: value for key, value in wanted.items() if key not in ("mission", "document")}
    account = accounts.propose_account(by=editor, mission=mission, values=rest)
    accounts.verify_by_hand(by=admin, account=account, why="Sample data", document=wanted["document"])
    accounts.confirm_account(by=admin, account=account)


def _sheet(report: SampleReport, name: str) -> None:
    slug = name.removesuffix(".toml")
    if Sheet.objects.filter(slug=slug).exists():
        return
    mission = Mission.objects.get(slug="capital")
    facts.import_sheet(by=BY, mission=mission, source=_text(name), why="Sample data")
    _approve_table(Sheet.objects.get(slug=slug))
    report.sheets.append(slug)


def _approve_table(sheet: Sheet) -> None:
    """The sheet's decision table, approved by two officers of the sample, as anywhere."""
    waiting = fact_queries.table_in_review(sheet)
    if waiting is None:
        return
    for name in ("approver", "director"):
        officer = Officer.objects.get(username=name)
        facts.approve_conditions(by=officer, conditions=waiting, digest=waiting.digest)


@transaction.atomic
def _statement(report: SampleReport, wanted: Mapping[str, Any]) -> None:
    source = wanted["source_language"]
    title = wanted["texts"][source]["title"]
    if Text.objects.filter(lang=source, title=title).exists():
        return
    author = Officer.objects.get(username="editor")
    revision = drafts.create_statement(
        by=author,
        mission=Mission.objects.get(slug=wanted["mission"]),
        kind=wanted["kind"],
        risk=wanted["risk"],
        source_language=source,
        sheet=wanted["sheet"],
        texts={
            lang: TextInput(text["title"], text["summary"], text["body"].strip() + "\n")
            for lang, text in wanted["texts"].items()
        },
        channels=list(Channel.objects.filter(kind="sandbox", state=Channel.GRAPH.start)),
    )
    if wanted["stage"] != "draft":
        review.submit_statement(by=author, revision=revision)
    if wanted["stage"] == "released":
        _release(revision)
    report.statements.append(revision.statement.ref)


def _release(revision: Revision) -> None:
    for name in ("approver", "director"):
        revision.refresh_from_db()
        if revision.state == "review":
            officer = Officer.objects.get(username=name)
            review.approve_statement(by=officer, revision=revision, digest=revision.digest)
    revision.refresh_from_db()
    releases.release_statement(by=Officer.objects.get(username="director"), revision=revision)
