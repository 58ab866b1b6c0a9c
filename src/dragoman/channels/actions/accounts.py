"""Channels: set up, change, check, switch off and on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dragoman.audit import actions as audit
from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import oauth, queries, rules, sign_in
from dragoman.channels.actions import circuits
from dragoman.channels.actions.common import ask, channel_target, may_administer
from dragoman.channels.connector import Field, Health
from dragoman.channels.models import Arrival, BegunSignIn, Channel, Standing
from dragoman.channels.rules import Outcome
from dragoman.lib.problems import Conflict, Invalid
from dragoman.staff.models import Mission

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MOST_HOURS = 24 * 90


@transaction.atomic
def create_channel(
    *,
    by: Actor,
    mission: Mission,
    kind: str,
    slug: str,
    label: str,
    values: Mapping[str, str],
    languages: Sequence[str] = (),
    useful_hours: int = 24,
) -> Channel:
    """Set up a channel. `values` answers the kind's declared fields; the secrets among them are sealed.

    Speaks to nobody: `check_channel` does, right after.
    """
    may_administer(by, mission)
    fields = queries.kind_named(kind).fields
    if Channel.objects.filter(slug=slug).exists():
        raise Conflict(
            f"There is a channel {slug!r} already.", mend="Choose another short name.", code="exists"
        )
    channel = Channel(mission=mission, kind=kind, slug=slug, label=label.strip())
    _describe(channel, languages, useful_hours)
    _fill(channel, fields, values)
    channel.save()
    data = {"kind": kind, "mission": mission.slug, "settings": channel.settings}
    audit.note(by=by, verb="channels.create_channel", target=channel_target(channel), data=data)
    return channel


@transaction.atomic
def change_channel(
    *,
    by: Actor,
    channel: Channel,
    label: str,
    values: Mapping[str, str],
    languages: Sequence[str],
    useful_hours: int,
) -> Channel:
    """Change what is no secret. Deliveries that are planned keep the rendition that was approved."""
    may_administer(by, channel.mission)
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    before = dict(channel.settings)
    channel.label = label.strip()
    _describe(channel, languages, useful_hours)
    fields = tuple(field for field in queries.kind_of(channel).fields if not field.secret)
    _refuse_wrong(fields, values)
    channel.settings = _plain(fields, values)
    if _another_account(fields, before, channel.settings):
        channel.session = ""
        sign_in.forget(channel)
    channel.save()
    data = {"before": before, "settings": channel.settings, "languages": channel.languages}
    audit.note(by=by, verb="channels.change_channel", target=channel_target(channel), data=data)
    return channel


@transaction.atomic
def change_credentials(*, by: Actor, channel: Channel, secrets: Mapping[str, str]) -> None:
    """Seal new secrets. One that is left empty keeps its old value; the old sign-in is forgotten."""
    may_administer(by, channel.mission)
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    fields = tuple(field for field in queries.kind_of(channel).fields if field.secret)
    kept = queries.vault().open(channel.sealed) if channel.sealed else {}
    given = {name: value for name, value in secrets.items() if value.strip()}
    if not given:
        raise Invalid("Nothing was entered, so nothing was changed.", code="empty")
    _refuse_wrong(fields, {**kept, **given})
    channel.sealed = queries.vault().seal({**kept, **given})
    channel.session = ""
    sign_in.forget(channel)
    channel.healthy, channel.health_says, channel.checked_at = None, "", None
    channel.save()
    audit.note(
        by=by,
        verb="channels.change_credentials",
        target=channel_target(channel),
        data={"fields": sorted(given)},
    )
    circuits.close_circuit(by=by, channel=channel, why="Its credentials were changed.")


def check_channel(*, by: Actor, channel: Channel) -> Channel:
    """Ask the network whether we are still welcome. Changes nothing that others can see."""
    channel = Channel.objects.select_related("mission").get(pk=channel.pk)
    spoken = ask(channel, lambda connector: connector.check(), changes=False)
    health = spoken.value if isinstance(spoken.value, Health) else None
    outcome = spoken.outcome
    says = health.says if health else f"{outcome.why} {outcome.shown}".strip()
    with transaction.atomic():
        # no_key: whoever plans a delivery holds the audit and wants no more of this row than its key
        row = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        was = row.healthy
        row.checked_at = clock.now()
        row.health_says = says
        if health is not None:
            row.healthy, row.who = health.ok, health.who[:300]
            row.signed_in_until = health.until or _lasts_until(row)
            _note_standing(row, health)
        elif outcome.what == "refused":
            row.healthy = False
        elif row.healthy:
            row.healthy = None  # the network did not answer: neither good nor bad is known
        row.save()
        if was != row.healthy or by.audit_kind == "officer":
            audit.note(
                by=by,
                verb="channels.check_channel",
                target=channel_target(row),
                data={"healthy": row.healthy, "says": says},
            )
    if health is not None and health.ok:
        circuits.close_circuit(by=by, channel=row, why="A check found the account well.")
    else:
        circuits.hear(by=by, channel_id=row.pk, outcomes=[_ill(health) if health is not None else outcome])
    row.refresh_from_db(fields=circuits.FIELDS)
    return row


def _ill(health: Health) -> Outcome:
    return Outcome("refused", health.says, account=True)


@transaction.atomic
def pause_channel(*, by: Actor, channel: Channel, why: str) -> None:
    """Switch off: nothing goes out until it is switched on; what is being sent this second is not stopped."""
    may_administer(by, channel.mission)
    channel.move_to("off", frm="on")
    audit.note(by=by, verb="channels.pause_channel", target=channel_target(channel), why=why)


@transaction.atomic
def resume_channel(*, by: Actor, channel: Channel) -> None:
    """Switch on. What waited and is still of use goes out; the rest expires."""
    may_administer(by, channel.mission)
    channel.move_to("on", frm="off")
    later("channels.sweep_now")
    audit.note(by=by, verb="channels.resume_channel", target=channel_target(channel))


@transaction.atomic
def rotate_vault_key(*, by: Actor) -> int:
    """A new key for stored secrets: everything is sealed again, then the old key is forgotten."""
    vault = queries.vault()
    vault.rotate()
    rows = list(Channel.objects.select_for_update())
    held = Arrival.objects.exclude(sealed="")
    for arrival in held.select_for_update().only("sealed").iterator(chunk_size=500):
        Arrival.objects.filter(pk=arrival.pk).update(sealed=vault.renew(arrival.sealed))
    BegunSignIn.objects.all().delete()  # good for minutes only: who is signing in begins again
    for row in rows:
        Channel.objects.filter(pk=row.pk).update(
            sealed=vault.renew(row.sealed), session=vault.renew(row.session)
        )
    audit.note(by=by, verb="channels.rotate_vault_key", target="vault:channels", data={"channels": len(rows)})
    transaction.on_commit(vault.forget_old)
    return len(rows)


def _note_standing(channel: Channel, health: Health) -> None:
    headroom = [
        {
            "name": each.name,
            "left": each.left,
            "limit": each.limit,
            "resets": each.resets.isoformat() if each.resets else None,
        }
        for each in health.headroom
    ]
    Standing.objects.update_or_create(
        channel=channel, defaults={"may": list(health.may), "headroom": headroom}
    )


def _lasts_until(channel: Channel) -> datetime | None:
    """Until when no person is needed, by the sign-in that is kept."""
    declared = queries.kind_of(channel).oauth
    return oauth.lasts_until(declared, sign_in.kept(channel)) if declared else None


def _another_account(fields: Sequence[Field], before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """May the sign-in belong to another account now? A choice between forms says nothing of who we are."""
    return any(
        before.get(field.name, field.default) != after.get(field.name, field.default)
        for field in fields
        if not field.choices
    )


def _describe(channel: Channel, languages: Sequence[str], useful_hours: int) -> None:
    wrong: list[dict[str, Any]] = []
    if not channel.label:
        wrong.append({"field": "label", "message": "A channel needs a name that officers know it by."})
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", channel.slug):
        wrong.append(
            {"field": "slug", "message": "Use small letters, digits and hyphens, such as bluesky-en."}
        )
    wrong += [
        {"field": "languages", "message": f"{code!r} is not a language code such as en or zh-Hant."}
        for code in languages
        if not LANGUAGE.fullmatch(code)
    ]
    if not 1 <= useful_hours <= MOST_HOURS:
        wrong.append({"field": "useful_hours", "message": f"Give between 1 and {MOST_HOURS} hours."})
    if wrong:
        raise Invalid(" ".join(each["message"] for each in wrong), where=wrong)
    channel.languages = list(dict.fromkeys(languages))
    channel.useful_hours = useful_hours


def _fill(channel: Channel, fields: tuple[Field, ...], values: Mapping[str, str]) -> None:
    _refuse_wrong(fields, values)
    channel.settings = _plain(fields, values)
    secrets = {field.name: _secret(field, values) for field in fields if field.secret}
    channel.sealed = queries.vault().seal(secrets) if secrets else ""


def _secret(field: Field, values: Mapping[str, str]) -> str:
    given = values.get(field.name, "").strip()
    return given or (field.make() if field.make is not None else "")


def _plain(fields: tuple[Field, ...], values: Mapping[str, str]) -> dict[str, str]:
    return {
        field.name: values.get(field.name, "").strip() or field.default
        for field in fields
        if not field.secret
    }


def _refuse_wrong(fields: tuple[Field, ...], values: Mapping[str, str]) -> None:
    wrong = rules.wrong_fields(fields, values)
    if wrong:
        raise Invalid(" ".join(each["message"] for each in wrong), where=wrong)
