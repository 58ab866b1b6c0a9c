"""The verbs of the public plane: put an edition out, withdraw it, say where else it stands, publish a sheet.

Files come first and the live event last, in one transaction with its notice: whoever hears of a text finds
its page. All may run twice and then change nothing. A revision whose event is missing is found by the sweep.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from dragoman.audit.actions import note
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.lib import markdown
from dragoman.lib.problems import Conflict, NotFound
from dragoman.public import (
    press,
    press_answers,
    press_register,
    queries,
    rules,
    said_queries,
    saying,
    site,
    words,
)
from dragoman.public.models import Answer as AnswerRow
from dragoman.public.models import EditionRow, Language, Page, Pulse, Sheet, Shelf, Story, Withdrawal
from dragoman.public.models import Notice as NoticeRow
from dragoman.public.models import Register as RegisterRow
from dragoman.public.values import (
    Edition,
    Elsewhere,
    Notice,
    PublicAnswer,
    RecordRef,
    Register,
    SheetPage,
    Tombstone,
    as_json,
)

FILES_LOCK = 0x64726167_70756201
EVENTS_LOCK = 0x64726167_70756202
CHANNEL = "pulse"


def publish_edition(*, by: Actor, edition: Edition) -> int:
    """Put one revision on the site, into the feeds and on the live stream; gives the event's number.

    Raises Invalid for what cannot stand on a page, and Conflict when its proof is not yet on disk, when the
    statement was withdrawn, or when another text was already published as this revision.
    """
    rules.check_edition(edition)
    _need_proof(edition.record)
    with transaction.atomic():
        new_languages = _keep(edition)
    _print(edition.ref, new_languages)
    kind = "statement" if edition.rev == 1 and not edition.correction else "correction"
    return _announce(by, "public.publish_edition", _edition_event(edition, kind))


def publish_withdrawal(
    *, by: Actor, ref: str, rev: int, at: datetime, reasons: Mapping[str, str], record: RecordRef
) -> int:
    """Replace every page of a statement by its tombstone; gives the event's number."""
    _need_proof(record)
    stone = Tombstone(ref, rev, at, dict(reasons), record)
    with transaction.atomic():
        story = Story.objects.select_for_update().filter(ref=ref).first()
        if story is None:
            raise NotFound(f"Nothing was published as {ref}.", mend="Withdraw what was published.")
        Withdrawal.objects.get_or_create(story=story, defaults={"payload": as_json(stone)})
        Page.objects.filter(story=story).update(withdrawn=True, changed=at)
    _print(ref)
    telling = _telling(ref)
    texts = {lang: {"url": rules.statement_path(lang, telling.slug)} | _name(lang) for lang in telling.langs}
    data = {
        "kind": "withdrawal",
        "ref": ref,
        "rev": rev,
        "at": at.isoformat(),
        "zone": telling.editions[-1].zone,
        "proof": record.proof_path,
        "index": record.index,
        "reasons": dict(reasons),
        "texts": {lang: {**one, "title": words.load(lang)["withdrawn_title"]} for lang, one in texts.items()},
    }
    return _announce(by, "public.publish_withdrawal", data)


def set_elsewhere(*, by: Actor, ref: str, rev: int, links: Sequence[Elsewhere]) -> None:
    """Say on a revision's pages where else it stands. The order given is the order shown."""
    found = [as_json(link) for link in links]
    with transaction.atomic():
        row = EditionRow.objects.select_for_update().filter(story__ref=ref, rev=rev).first()
        if row is None:
            raise NotFound(f"Revision {rev} of {ref} is not published.")
        if row.elsewhere == found:
            return
        row.elsewhere = found
        row.save(update_fields=["elsewhere", "updated"])
        _index_anew(ref)
        note(
            by=by,
            verb="public.set_elsewhere",
            target=f"statement:{ref}",
            data={"rev": rev, "links": len(links)},
        )
    with _files():
        press.story(_telling(ref))


def publish_sheet(*, by: Actor, sheet: SheetPage) -> None:
    """Put a fact sheet on the site, as pages and as JSON. A later one with the same slug replaces it."""
    payload = as_json(sheet)
    with transaction.atomic():
        row, fresh = Sheet.objects.get_or_create(slug=sheet.slug, defaults={"payload": payload})
        if not fresh and row.payload != payload:
            row.payload = payload
            row.save(update_fields=["payload", "updated"])
            fresh = True
        if fresh:
            note(by=by, verb="public.publish_sheet", target=f"sheet:{sheet.slug}")
    if not fresh and site.has(f"{rules.sheet_path(sheet.slug)}index.html"):
        return
    with _files():
        site.write_assets()
        press.sheet_pages(sheet.slug)
        press.sheet_lists()


def publish_accounts(*, by: Actor, register: Register) -> None:
    """Put a version of the register of official accounts on the site: pages, signed JSON, changes, trust.txt.

    Raises Conflict when its proof is not on disk, or when another text was published as this version.
    """
    _need_proof(register.record)
    payload = as_json(register)
    with transaction.atomic():
        row, fresh = RegisterRow.objects.get_or_create(number=register.number, defaults={"payload": payload})
        if not fresh and row.payload["data"] != register.data:
            raise Conflict(f"Another text is already published as version {register.number} of the register.")
        if not fresh and row.payload != payload:
            row.payload = payload
            row.save(update_fields=["payload", "updated"])
        if fresh:
            data = {"number": register.number, "accounts": len(register.accounts)}
            note(by=by, verb="public.publish_accounts", target="public:accounts", data=data)
    with _files():
        site.write_assets()
        press_register.accounts()
        press.record_pages()
        press.root()


def publish_notice(*, by: Actor, notice: Notice) -> int:
    """Put a notice on top of the site, into the feeds and on the live stream; gives the event's number. One
    that says it is lifted takes the banner away and stays readable.

    The pages that everybody opens first are written at once, all others by a job; until then their script
    asks `/notices.json`.
    """
    _need_proof(notice.record)
    with transaction.atomic():
        payload = as_json(notice)
        NoticeRow.objects.get_or_create(
            ref=notice.ref, rev=notice.rev, defaults={"payload": payload, "standing": not notice.lifted}
        )
        NoticeRow.objects.filter(ref=notice.ref, rev__lt=notice.rev).update(standing=False)
    with _files():
        site.write_assets()
        press_register.notices(notice.ref)
        press.languages_of_site()
    later("public.rebuild", priority=-10)
    return _announce(by, "public.publish_notice", press_register.event_of(notice))


def publish_answer(*, by: Actor, answer: PublicAnswer) -> None:
    """Put one version of an answer on the page of questions and answers of its fact sheet; earlier ones stay
    readable there. Raises Conflict when its proof is not on disk, or when another text was published as this
    version."""
    _need_proof(answer.record)
    payload = as_json(answer)
    with transaction.atomic():
        row, fresh = AnswerRow.objects.get_or_create(
            ref=answer.ref, rev=answer.rev, defaults={"sheet": answer.sheet, "payload": payload}
        )
        if not fresh and row.payload["texts"] != payload["texts"]:
            raise Conflict(f"Another text is already published as version {answer.rev} of {answer.ref}.")
        if fresh:
            note(by=by, verb="public.publish_answer", target=f"answer:{answer.ref}", data={"rev": answer.rev})
    with _files():
        site.write_assets()
        press_answers.pages(answer.sheet)
        press.sheet_pages(answer.sheet)
        press.sitemap_index()
        press.record_pages()


def refresh_record(*, by: Actor) -> None:
    """Show the record as it now is: after a late witness, a new policy, or an entry that has no page."""
    del by  # changes no row: there is nothing to audit
    with _files():
        press.record_pages()


def rebuild(*, by: Actor) -> int:
    """Write every file again from the rows; gives the number of statements."""
    refs = queries.refs()
    with _files():
        press.everything(refs)
        saying.everything(refs)
    with transaction.atomic():
        note(by=by, verb="public.rebuild", target="public", data={"statements": len(refs)})
    return len(refs)


def catch_up(*, by: Actor) -> int:
    """Finish what was begun and not announced, such as after a power cut; gives how many there were.

    Never while somebody writes files: that may be the very text, and those who wait would fill the worker.
    """
    if _writing():
        return 0
    rows = queries.unannounced()
    for edition, stone in rows:
        if stone is not None:
            publish_withdrawal(
                by=by, ref=stone.ref, rev=stone.rev, at=stone.at, reasons=stone.reasons, record=stone.record
            )
        elif edition is not None:
            publish_edition(by=by, edition=edition)
    return len(rows)


def index_said(*, by: Actor, ref: str = "") -> int:
    """Bring the index behind "Did you say this?" up to date: of one statement, or of all that wait."""
    del by  # made from what is published, and from nothing else: there is nothing to audit
    refs = [ref] if ref else said_queries.unsaid()
    for one in refs:
        saying.index(one)
    return len(refs)


def _index_anew(ref: str) -> None:
    if Story.objects.filter(ref=ref).update(said_at=None):
        later("public.index_said", ref=ref)


@contextmanager
def _files() -> Iterator[None]:
    """One writer of the shared files at a time, or a list read early could be written late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [FILES_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [FILES_LOCK])


def _writing() -> bool:
    """Whether somebody else writes the shared files at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN pg_try_advisory_lock(%s) THEN NOT pg_advisory_unlock(%s) ELSE true END",
            [FILES_LOCK, FILES_LOCK],
        )
        return bool(cursor.fetchone()[0])


def _need_proof(record: RecordRef) -> None:
    if not site.has(record.proof_path):
        raise Conflict(
            f"The proof {record.proof_path} is not there, so nothing may be shown.",
            code="proof-missing",
            mend="Seal the text in the record first.",
        )


def _keep(edition: Edition) -> bool:
    """Write the rows of an edition; says whether it brought a language that the site did not have."""
    payload = as_json(edition)
    story = _story(edition)
    row, fresh = EditionRow.objects.get_or_create(story=story, rev=edition.rev, defaults={"payload": payload})
    if not fresh:
        before = {text["lang"]: text["sha256"] for text in row.payload["texts"]}
        if before != {text.lang: text.sha256 for text in edition.texts}:
            raise Conflict(f"Another text is already published as {edition.ref} revision {edition.rev}.")
        row.payload = payload
        row.save(update_fields=["payload", "updated"])
    for text in edition.texts:
        page = Page.objects.filter(story=story, lang=text.lang).first()
        if page is None or page.rev <= edition.rev:
            _keep_page(story, edition, text.lang, page)
    added = [Language.objects.get_or_create(code=lang)[1] for lang in edition.langs]
    return any(added)


def _story(edition: Edition) -> Story:
    story = Story.objects.select_for_update().filter(ref=edition.ref).first()
    if story is None:
        with connection.cursor() as cursor:  # two first editions of a month must not get one place
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [EVENTS_LOCK])
        if Story.objects.filter(slug=edition.slug).exists():
            raise Conflict(f"Another statement already stands at the address {edition.slug}.")
        month = rules.month_of(edition.released)
        place = queries.highest_place(month) + 1
        return Story.objects.create(
            ref=edition.ref, slug=edition.slug, month=month, place=place, released=edition.released
        )
    if story.slug != edition.slug:
        raise Conflict(f"{edition.ref} is published as {story.slug}; its address cannot change.")
    if Withdrawal.objects.filter(story=story).exists():
        raise Conflict(f"{edition.ref} was withdrawn; say it again as a new statement.")
    return story


def renew_assets(*, by: Actor) -> int:
    """Put the style sheet and scripts of this release beside those of earlier ones: the reception's pages
    name them from its first answer on, before any page is written anew. Gives how many were new."""
    with _files():
        new = sum(not site.has(path) for path, _ in site.assets().values())
        if new:
            site.write_assets()
            note(by=by, verb="public.renew_assets", target="public", data={"new": new})
    return new


def _keep_page(story: Story, edition: Edition, lang: str, page: Page | None) -> None:
    text = edition.text(lang)
    if text is None:
        return
    page = page or Page(story=story, lang=lang, released=edition.released)
    page.slug, page.month, page.place = story.slug, story.month, story.place
    page.rev, page.kind, page.zone = edition.rev, edition.kind, edition.zone
    page.title, page.summary = markdown.one_line(text.title), markdown.one_line(text.summary)
    page.words, page.changed = rules.search_words(text.body), edition.released
    fresh = page.pk is None
    page.save()
    if fresh:
        part = rules.page_of(story.place, rules.SEARCH_SHARD)
        shelf, _ = Shelf.objects.get_or_create(lang=lang, month=story.month, part=part)
        Shelf.objects.filter(pk=shelf.pk).update(count=F("count") + 1)


def _print(ref: str, new_languages: bool = False) -> None:
    with _files():
        telling = _telling(ref)
        site.write_assets()
        press.story(telling)
        saying.write_state(telling)
        for lang in telling.langs:
            press.lists(lang, telling.month, telling.place)
        press.sitemap(telling.month, telling.place)
        press.record_pages()
        press.root()
        if new_languages:
            press.languages_of_site()
            later("public.rebuild", priority=-10)


def _announce(by: Actor, verb: str, data: dict[str, Any]) -> int:
    ref, rev, kind = str(data["ref"]), int(data["rev"]), str(data["kind"])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [EVENTS_LOCK])
        known = Pulse.objects.filter(ref=ref, rev=rev, kind=kind).first()
        if known:
            return known.number
        newest = Pulse.objects.order_by("-number").values_list("number", flat=True).first()
        number = (newest or 0) + 1
        Pulse.objects.create(number=number, kind=kind, ref=ref, rev=rev, at=clock.now(), data=data)
        if kind == "withdrawal":
            _empty_events(ref)
        target = f"{'notice' if kind == 'notice' else 'statement'}:{ref}"
        _index_anew(ref)
        note(by=by, verb=verb, target=target, data={"rev": rev, "event": number})
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(number)])
    with _files():
        for lang in queries.languages():
            press.live(lang)
    return number


def _empty_events(ref: str) -> None:
    """What was withdrawn is not sent again to those who come later; that there was an event stays."""
    for row in Pulse.objects.filter(ref=ref).exclude(kind="withdrawal"):
        texts = {lang: {key: one[key] for key in ("url", "name")} for lang, one in row.data["texts"].items()}
        row.data = {**row.data, "texts": texts, "withdrawn": True}
        row.save(update_fields=["data", "updated"])


def _edition_event(edition: Edition, kind: str) -> dict[str, Any]:
    """What goes over the live stream: all that a reader needs, so that nobody has to ask for more."""
    return {
        "kind": kind,
        "ref": edition.ref,
        "rev": edition.rev,
        "at": edition.released.isoformat(),
        "zone": edition.zone,
        "proof": edition.record.proof_path,
        "index": edition.record.index,
        "texts": {
            text.lang: {
                "title": text.title,
                "summary": text.summary,
                "body": text.body,
                "plain": markdown.to_plain(text.body),
                "sha256": text.sha256,
                "url": rules.statement_path(text.lang, edition.slug),
                **_name(text.lang),
            }
            for text in edition.texts
        },
    }


def _name(lang: str) -> dict[str, str]:
    return {"name": words.language_name(lang)}


def _telling(ref: str) -> queries.Telling:
    found = queries.telling(ref)
    if found is None:
        raise NotFound(f"Nothing was published as {ref}.")
    return found
