"""`dragoman demo`: the whole walk of one statement through the same actions that the desk uses."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated

import typer
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dragoman.audit import context
from dragoman.channels import actions as channel_actions
from dragoman.channels import queries as channels
from dragoman.channels.models import Channel
from dragoman.cli import demo_questions
from dragoman.lib.problems import NotAllowed, Problem, Unavailable
from dragoman.record import keys
from dragoman.record import queries as record
from dragoman.record.verification import Question, Refused, Report, Unreadable, verify_record
from dragoman.staff.models import Mission, Officer
from dragoman.statements.actions import corrections, drafts, putting_out, releases, review
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Release, Revision, Withdrawal
from dragoman.statements.queries import drafting

WAIT = 60.0
SHEET = "visa-free"
Say = Callable[[str], None]

DRAFT = {
    "en": TextInput(
        "Demonstration: five days, counted by dates",
        "A text of the demonstration. It leans on facts of 2017.",
        "A stay is at most 6 days, counting the days of arrival and departure. [F2]",
    ),
    "de": TextInput(
        "Vorführung: fünf Tage, nach Daten gezählt",
        "Ein Text der Vorführung. Er stützt sich auf Tatsachen von 2017.",
        "Ein Aufenthalt dauert höchstens 5 Tage, Ankunfts- und Abreisetag zählen mit. [F2]",
    ),
}
MENDED = DRAFT["en"].body.replace("6 days", "5 days")


@dataclass
class Walk:
    """What happened, for the last page of the demonstration."""

    say: Say
    revision: Revision | None = None
    links: list[tuple[str, str]] = field(default_factory=list)


STEPS = 9


def demo(
    questions: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="Play a day of so many questions instead.")
    ] = 0,
    speed: Annotated[
        float, typer.Option(min=0, help="How many times faster than the day; 0: as fast as can be.")
    ] = 60.0,
    seed: Annotated[int, typer.Option(help="Another number is another day.")] = 1,
) -> None:
    """Play the whole walk of one statement: draft to tombstone. Exit code 0 only if the record verifies.

    With --questions, a day of questions after the decree comes in instead.
    """
    if questions:
        demo_questions.play(questions, speed, seed)
        return
    console = Console()
    logging.getLogger("dragoman.deeds").setLevel(logging.WARNING)  # the steps below tell the same in words
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    walk = Walk(say=lambda words: bar.console.print(f"   {words}", markup=False, highlight=False))
    with bar, context.entered(face="cli"):
        task = bar.add_task("The walk of one statement", total=STEPS)
        for name in steps(walk):
            bar.console.print(f"-> {name}", markup=False, highlight=False)
            bar.advance(task)
        try:
            report = _verified()
        except (Refused, Unreadable) as refusal:
            bar.console.print(f"The record does not verify: {refusal}", markup=False)
            raise typer.Exit(1) from None
    for label, link in walk.links:
        console.print(f"{label:<14}{link}", markup=False, highlight=False, soft_wrap=True)
    if not report.entries:
        console.print("The record is empty: nothing was verified.")
        raise typer.Exit(1)
    console.print(f"The record verifies: {report.entries} entries under the signed head.")
    console.print(
        f"Verify it yourself: dragoman verify {settings.DRAGOMAN.public_dir} "
        f"--policy {settings.DRAGOMAN.home / 'policy.txt'}",
        soft_wrap=True,
        highlight=False,
    )


def _verified() -> Report:
    """Every file of the record against its signed head, read as an outsider reads it."""

    def read(path: str) -> bytes:
        return (settings.DRAGOMAN.public_dir / "record" / path).read_bytes()

    return verify_record(read, keys.trust(), Question())


def steps(walk: Walk) -> Iterator[str]:
    """Each step by name; between two names its deed is done. Raises Problem where one fails."""
    editor, approver, director = _people("editor", "approver", "director")
    capital = Mission.objects.get(slug="capital")

    yield "The editor drafts in two languages, with a mistake in it"
    revision = drafts.create_statement(
        by=editor,
        mission=capital,
        kind="explanation",
        source_language="en",
        texts=DRAFT,
        sheet=SHEET,
        channels=list(Channel.objects.filter(kind="sandbox", state="on", mission=capital)),
    )
    walk.revision = revision

    yield "The guidelines find it"
    for item in drafting.findings(revision):
        walk.say(f"{item.finding.rule} {item.finding.severity}: {item.finding.words} - {item.finding.why}")

    yield "The editor mends it and hands it in"
    english = revision.texts.get(lang="en")
    mended = TextInput(english.title, english.summary, MENDED, english.version)
    revision = drafts.edit_texts(by=editor, revision=revision, texts={"en": mended})
    revision = review.submit_statement(by=editor, revision=revision)

    yield "The editor tries to approve it and is refused"
    _refused(walk, lambda: review.approve_statement(by=editor, revision=revision, digest=revision.digest))

    yield f"The approver approves {revision.digest[:8]}"
    review.approve_statement(by=approver, revision=revision, digest=revision.digest)

    yield "The director releases it: record, proof, page, live stream, channels"
    release = releases.release_statement(by=director, revision=revision)
    _until_out(release)
    revision.refresh_from_db()
    _links(walk, revision)

    yield "Its copies on the channels are delivered"
    _until_delivered(revision)

    yield "A correction goes the same way"
    new = corrections.start_correction(
        by=editor, statement=revision.statement, note={"en": "The summary did not say whose stay.", "de": ""}
    )
    text = new.texts.get(lang="en")
    summary = f"{text.summary} It tells how a visitor's days are counted."
    drafts.edit_texts(by=editor, revision=new, texts={"en": TextInput(text.title, summary, text.body)})
    new = review.submit_statement(by=editor, revision=new)
    review.approve_statement(by=approver, revision=new, digest=new.digest)
    _until_out(releases.release_statement(by=director, revision=new))
    _until_delivered(new)

    yield "It is withdrawn: the page becomes a tombstone, the record keeps it"
    withdrawal = corrections.withdraw_statement(
        by=director,
        statement=revision.statement,
        reasons={"en": "It was only a demonstration.", "de": "Es war nur eine Vorführung."},
    )
    _until_taken_back(withdrawal)


def _people(*names: str) -> list[Officer]:
    found = {officer.username: officer for officer in Officer.objects.filter(username__in=names, sample=True)}
    missing = [name for name in names if name not in found]
    if missing:
        raise Unavailable(
            f"The demonstration needs the sample officers; there is no {', '.join(missing)}.",
            mend="Start once with `dragoman up` and without DRAGOMAN_SAMPLE=0.",
        )
    return [found[name] for name in names]


def _refused(walk: Walk, deed: Callable[[], object]) -> None:
    try:
        deed()
    except NotAllowed as refusal:
        walk.say(f"refused: {refusal.detail}")
    else:
        raise Problem("An author could approve their own text. That is a fault: tell us.")


def _until_out(release: Release) -> None:
    def out() -> bool:
        return putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk).state == "done"

    _until(out, "The release was not carried through")


def _until_taken_back(withdrawal: Withdrawal) -> None:
    def done() -> bool:
        carried = corrections.put_out_withdrawal(by=putting_out.WORKER, withdrawal_id=withdrawal.pk)
        return carried.state == "done"

    _until(done, "The withdrawal was not carried through")


def _until_delivered(revision: Revision) -> None:
    """The worker sends; when none runs, we do: a delivery is claimed by one of the two and no more."""

    def delivered() -> bool:
        waiting = channels.deliveries_of(revision.statement.ref, rev=revision.number).filter(
            state__in=("queued", "armed", "sending")
        )
        for delivery in waiting:
            channel_actions.deliver(by=putting_out.WORKER, delivery_id=delivery.pk)
        return not waiting.exists()

    _until(delivered, "The copies were not delivered")


def _until(done: Callable[[], bool], trouble: str) -> None:
    ends = time.monotonic() + WAIT
    while not done():
        if time.monotonic() > ends:
            raise Unavailable(
                f"{trouble} within {WAIT:.0f} s.", mend="Look at the desk's front page for what is late."
            )
        time.sleep(0.2)


def _links(walk: Walk, revision: Revision) -> None:
    statement = revision.statement
    public, desk = settings.DRAGOMAN.public_url, settings.DRAGOMAN.desk_url
    walk.links = [
        ("The page", f"{public}/en/statements/{statement.slug}/"),
        ("Its proof", f"{public}{record.sealed(statement.ref, revision.number).proof_path}"),
        ("The feed", f"{public}/feeds/en.atom"),
        ("On the desk", f"{desk}/statements/{statement.ref}/"),
    ]
