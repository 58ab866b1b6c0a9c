"""What stands until its next version: fact sheets, the register of official accounts, notices, answers."""

from __future__ import annotations

from django.db import transaction

from dragoman.audit.actions import note
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.lib.problems import Conflict
from dragoman.public import press, press_answers, press_register, rules, site
from dragoman.public.actions.common import announce, files, need_proof
from dragoman.public.models import Answer as AnswerRow
from dragoman.public.models import Notice as NoticeRow
from dragoman.public.models import Register as RegisterRow
from dragoman.public.models import Sheet
from dragoman.public.values import Notice, PublicAnswer, Register, SheetPage, as_json


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
    with files():
        site.write_assets()
        press.sheet_pages(sheet.slug)
        press.sheet_lists()


def publish_accounts(*, by: Actor, register: Register) -> None:
    """Put a version of the register of official accounts on the site: pages, signed JSON, changes, trust.txt.

    Raises Conflict when its proof is not on disk, or when another text was published as this version.
    """
    need_proof(register.record)
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
    with files():
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
    need_proof(notice.record)
    with transaction.atomic():
        payload = as_json(notice)
        NoticeRow.objects.get_or_create(
            ref=notice.ref, rev=notice.rev, defaults={"payload": payload, "standing": not notice.lifted}
        )
        NoticeRow.objects.filter(ref=notice.ref, rev__lt=notice.rev).update(standing=False)
    with files():
        site.write_assets()
        press_register.notices(notice.ref)
        press.languages_of_site()
    later("public.rebuild", priority=-10)
    return announce(by, "public.publish_notice", press_register.event_of(notice))


def publish_answer(*, by: Actor, answer: PublicAnswer) -> None:
    """Put one version of an answer on the page of questions and answers of its fact sheet; earlier ones stay
    readable there. Raises Conflict when its proof is not on disk, or when another text was published as this
    version."""
    need_proof(answer.record)
    payload = as_json(answer)
    with transaction.atomic():
        row, fresh = AnswerRow.objects.get_or_create(
            ref=answer.ref, rev=answer.rev, defaults={"sheet": answer.sheet, "payload": payload}
        )
        if not fresh and row.payload["texts"] != payload["texts"]:
            raise Conflict(f"Another text is already published as version {answer.rev} of {answer.ref}.")
        if fresh:
            note(by=by, verb="public.publish_answer", target=f"answer:{answer.ref}", data={"rev": answer.rev})
    with files():
        site.write_assets()
        press_answers.pages(answer.sheet)
        press.sheet_pages(answer.sheet)
        press.sitemap_index()
        press.record_pages()
