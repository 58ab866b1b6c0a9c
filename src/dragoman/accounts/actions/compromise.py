"""Somebody else may be speaking on an account: told at once, to everybody; and taken back when it is over."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from dragoman.accounts import queries, rules
from dragoman.accounts.actions.common import (
    ADMINISTRATOR,
    RELEASER,
    administers,
    locked,
    need,
    need_reason,
    note,
    officer_id,
    silence,
)
from dragoman.accounts.actions.publishing import publish_register
from dragoman.accounts.models import Notice, OfficialAccount
from dragoman.accounts.notices import Texts, template
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.lib import markdown
from dragoman.lib.problems import Conflict, Invalid

URGENT = 20
LONGEST = {"title": 200, "summary": 500, "body": 4000}


@transaction.atomic
def report_compromised(
    *,
    by: Actor,
    account: OfficialAccount,
    since: datetime,
    why: str,
    texts: Texts | None = None,
) -> Notice:
    """From the moment `since` on the account is not official. One administrator or releaser is enough.

    Its channel is switched off at once; the register says so; a notice is sealed, shown on top of the public
    site and sent to every other official channel. `texts` by language (title, summary, body) replace the
    template's. Nothing that was posted is deleted.
    """
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR, RELEASER)
    why = need_reason(why)
    now = clock.now()
    since = _checked(since, now)
    given = _merged(template(account, queries.languages(), since=since), texts)
    account.move_to("compromised", frm="confirmed", compromised_from=since, reporter=officer_id(by))
    notice = Notice.objects.create(
        ref=f"notice-{now:%Y%m%d}-{secrets.token_hex(3)}",
        account=account,
        since=since,
        texts=given,
        reported_at=now,
        reported_by=by.audit_name,
    )
    silence(account, f"{account} is reported as compromised")
    note(by, "report_compromised", account, why=why, since=since.isoformat(), notice=notice.ref)
    later("accounts.put_out_notice", priority=URGENT, notice_id=notice.pk)
    publish_register(by=by)
    return notice


@transaction.atomic
def lift_compromise(
    *,
    by: Actor,
    account: OfficialAccount,
    why: str,
    texts: Texts | None = None,
    until: datetime | None = None,
) -> Notice:
    """The account is ours again from `until` (now) on. A second person's deed, never the reporter's.

    The time in between stays in the register for ever. The channel stays switched off until somebody switches
    it on: what waited on it may be stale.
    """
    account = locked(account)
    need(by, account.mission, ADMINISTRATOR, RELEASER)
    why = need_reason(why)
    rules.need_two(
        first=account.reporter,
        first_administers=administers(account.reporter, account.mission) and account.reporter is not None,
        second=officer_id(by),
        administers=administers(officer_id(by), account.mission),
    )
    notice = account.notices.select_for_update().filter(state__in=("planned", "standing")).first()
    if notice is None:
        raise Conflict(f"No notice about {account} stands.", code="wrong-state")
    if notice.state == "planned":
        raise Conflict(
            "The notice is still on its way to the public.", mend="Try again in a minute.", code="wrong-state"
        )
    now = clock.now()
    until = max(_checked(until or now, now), notice.since)
    given = _merged(template(account, list(notice.texts), since=notice.since, until=until), texts)
    notice.move_to(
        "lifting",
        frm="standing",
        until=until,
        lifted_texts=given,
        lifted_at=now,
        lifted_by=by.audit_name,
    )
    account.move_to("confirmed", frm="compromised", compromised_from=None, reporter=None)
    note(by, "lift_compromise", account, why=why, until=until.isoformat(), notice=notice.ref)
    later("accounts.put_out_notice", priority=URGENT, notice_id=notice.pk)
    publish_register(by=by)
    return notice


def _checked(moment: datetime, now: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Invalid(
            "The moment has no zone.",
            mend="Write it with an offset, such as 2026-11-22T10:00:00+03:00.",
            where=[{"field": "since", "message": "no zone"}],
        )
    if moment > now + rules.LATE:
        raise Invalid(
            "The moment is in the future.",
            mend="Give the moment from which on posts are not ours.",
            where=[{"field": "since", "message": "in the future"}],
        )
    return min(moment, now).replace(microsecond=0)


def _merged(base: dict[str, dict[str, str]], given: Texts | None) -> dict[str, dict[str, str]]:
    """The template with what the officer wrote over it; a language that is not there is added."""
    merged = {lang: dict(one) for lang, one in base.items()}
    for lang, one in (given or {}).items():
        if not rules.LANGUAGE.fullmatch(lang):
            raise Invalid(f"{lang!r} is not a language code.", where=[{"field": "texts", "message": lang}])
        merged[lang] = {**merged.get(lang, {"title": "", "summary": "", "body": ""}), **_trimmed(lang, one)}
    empty = [lang for lang, one in merged.items() if not one["title"].strip() or not one["body"].strip()]
    if empty or not merged:
        raise Invalid(
            f"The notice has no words in: {', '.join(empty)}.",
            where=[{"field": f"title_{lang}", "message": "A title and a text are needed."} for lang in empty],
        )
    return merged


def _trimmed(lang: str, one: Mapping[str, str]) -> dict[str, str]:
    trimmed = {part: str(one[part]).replace("\r\n", "\n").strip() for part in LONGEST if part in one}
    for part, text in trimmed.items():
        if len(text) > LONGEST[part]:
            raise Invalid(
                f"The {part} in {lang} is longer than {LONGEST[part]} characters.",
                where=[{"field": f"{part}_{lang}", "message": "too long"}],
            )
    if "title" in trimmed:
        trimmed["title"] = markdown.one_line(trimmed["title"])
    return trimmed
