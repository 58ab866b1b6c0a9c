"""Statements: put an edition out, withdraw it, say where else it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from dragoman.audit.actions import note
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.lib import markdown
from dragoman.lib.problems import Conflict, NotFound
from dragoman.public import press, queries, rules, saying, site, words
from dragoman.public.actions import talks
from dragoman.public.actions.common import EVENTS_LOCK, announce, files, index_anew, name_of, need_proof
from dragoman.public.models import EditionRow, Language, Page, Shelf, Story, Withdrawal
from dragoman.public.talks import consents_json
from dragoman.public.values import Edition, Elsewhere, RecordRef, Tombstone, as_json


def publish_edition(*, by: Actor, edition: Edition) -> int:
    """Put one revision on the site, into the feeds and on the live stream; gives the event's number.

    Raises Invalid for what cannot stand on a page, and Conflict when its proof is not yet on disk, when the
    statement was withdrawn, or when another text was already published as this revision.
    """
    rules.check_edition(edition)
    need_proof(edition.record)
    with transaction.atomic():
        new_languages = _keep(edition)
        talks.enter_edition(edition)
    _print(edition.ref, new_languages)
    kind = "statement" if edition.rev == 1 and not edition.correction else "correction"
    event = _edition_event(edition, kind) | talks.mark_of(edition.ref, edition.rev)
    return announce(by, "public.publish_edition", event)


def publish_withdrawal(
    *, by: Actor, ref: str, rev: int, at: datetime, reasons: Mapping[str, str], record: RecordRef
) -> int:
    """Replace every page of a statement by its tombstone; gives the event's number."""
    need_proof(record)
    stone = Tombstone(ref, rev, at, dict(reasons), record)
    with transaction.atomic():
        story = Story.objects.select_for_update().filter(ref=ref).first()
        if story is None:
            raise NotFound(f"Nothing was published as {ref}.", mend="Withdraw what was published.")
        Withdrawal.objects.get_or_create(story=story, defaults={"payload": as_json(stone)})
        Page.objects.filter(story=story).update(withdrawn=True, changed=at)
    _print(ref)
    telling = _telling(ref)
    texts = {
        lang: {"url": rules.statement_path(lang, telling.slug)} | name_of(lang) for lang in telling.langs
    }
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
    return announce(by, "public.publish_withdrawal", data | talks.mark_of(ref, rev, "withdrawal"))


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
        index_anew(ref)
        note(
            by=by,
            verb="public.set_elsewhere",
            target=f"statement:{ref}",
            data={"rev": rev, "links": len(links)},
        )
    with files():
        press.story(_telling(ref))
        talks.show_edition(ref)


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
    with files():
        telling = _telling(ref)
        site.write_assets()
        press.story(telling)
        talks.show_edition(ref)
        saying.write_state(telling)
        for lang in telling.langs:
            press.lists(lang, telling.month, telling.place)
        press.sitemap(telling.month, telling.place)
        press.record_pages()
        press.root()
        if new_languages:
            press.languages_of_site()
            later("public.rebuild", priority=-10)


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
        **({"consents": consents_json(edition.talks.consents)} if edition.talks else {}),
        "texts": {
            text.lang: {
                "title": text.title,
                "summary": text.summary,
                "body": text.body,
                "plain": markdown.to_plain(text.body),
                "sha256": text.sha256,
                "url": rules.statement_path(text.lang, edition.slug),
                **name_of(text.lang),
            }
            for text in edition.texts
        },
    }


def _telling(ref: str) -> queries.Telling:
    found = queries.telling(ref)
    if found is None:
        raise NotFound(f"Nothing was published as {ref}.")
    return found
