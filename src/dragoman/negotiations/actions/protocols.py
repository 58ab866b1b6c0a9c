"""The protocol and the keyring: drafted by the host, put to the parties; `enacting` puts them in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max

from dragoman.base import clock
from dragoman.lib.problems import Conflict, Invalid
from dragoman.negotiations.actions.common import deed, locked_process, may_decide, may_write, say
from dragoman.negotiations.models import Party, Process, Protocol, Round, RoundText
from dragoman.negotiations.queries import agreed, bodies
from dragoman.negotiations.rules import body, canonical_text, timing
from dragoman.negotiations.rules import keyring as keyrings
from dragoman.negotiations.rules import protocol as protocols
from dragoman.negotiations.rules.keyring import Keyring, PartyKey
from dragoman.negotiations.rules.protocol import ProtocolRules
from dragoman.record import keys
from dragoman.staff.models import Officer

EVERYBODY = "all-parties"
NEW = ("draft", "put", "agreed")


@deed("negotiations.draft_protocol")
def draft_protocol(
    *,
    by: Officer,
    process: Process,
    documents: Mapping[str, str],
    terms: Mapping[str, Any],
    rules: Mapping[str, Any],
    groups: Sequence[tuple[str, str, Sequence[str]]] = ((EVERYBODY, "all", ()),),
    quorum: str = EVERYBODY,
) -> Protocol:
    """Write the next version, or write the draft anew: document by language, term sheet, rules, keyring.

    The keyring is made of the usable keys of every party that signs. `groups` are (name, needed, members) as
    in the policy of a record; no members means every party. Raises Invalid naming all that is wrong.
    """
    process = locked_process(process.pk)
    may_write(by, process.mission)
    if process.state == "closed":
        raise Conflict("The talks are closed.", code="talks-not-open")
    draft = process.protocols.filter(state__in=NEW).first()
    if draft is not None and draft.state != "draft":
        raise Conflict(
            f"Protocol {draft.number} is {draft.state}: one at a time.",
            mend="Wait for the parties, or discard it.",
            code="protocol-before-parties",
        )
    number = draft.number if draft else (process.protocols.aggregate(n=Max("number"))["n"] or 0) + 1
    read = _rules(process, rules)
    sheet = {**terms, "version": number}
    keyring = keyring_for(process, number, groups, quorum)
    _check_documents(process, documents)
    _check_terms(process, sheet, keyring)
    values = {
        "documents": {lang: str(documents[lang]) for lang in process.languages},
        "terms": sheet,
        "rules": read.value(),
        "keyring": str(keyring),
        "last_trouble": "",
    }
    protocol, _ = Protocol.objects.update_or_create(process=process, number=number, defaults=values)
    say(by=by, verb="draft_protocol", process=process, data={"number": number})
    return protocol


@deed("negotiations.put_protocol")
def put_protocol(*, by: Officer, protocol: Protocol) -> Round:
    """Put the draft to the parties. The first needs every party under its own keyring; a later one is judged
    under the keyring that is in force."""
    process = locked_process(protocol.process_id)
    may_decide(by, process.mission)
    protocol = Protocol.objects.select_for_update().get(pk=protocol.pk)
    protocol.process = process
    rules = protocols.parse(protocol.rules)
    keyrings.check(keyrings.parse(protocol.keyring), agreed.forbidden_keys())
    _still_usable(process, protocol)
    protocol.move_to("put", frm="draft")
    now = clock.now()
    about = Round.objects.create(
        process=process,
        number=(process.rounds.aggregate(n=Max("number"))["n"] or 0) + 1,
        kind="protocol",
        protocol=protocol,
        statement=process.ref,
        rev=protocol.number,
        not_before=now.replace(microsecond=0),
        opened_at=now,
        closes_at=timing.closes(now, rules),
        parties_index=process.keyring_index,
        keyring=process.keyring or protocol.keyring,
    )
    sheet = agreed.read_terms(protocol.terms)
    texts = bodies.protocol_texts(protocol, process.languages, sheet.data, rules.dump())
    write_texts(about, {lang: ("", "", words) for lang, words in texts.items()})
    freeze_body(about)
    about.move_to("open", frm="drafting")
    say(by=by, verb="put_protocol", process=process, target=about.target, after=about.digest)
    return about


@deed("negotiations.discard_protocol")
def discard_protocol(*, by: Officer, protocol: Protocol, why: str) -> None:
    """Give up a version that is not in force yet; an open round about it is cancelled."""
    process = locked_process(protocol.process_id)
    may_decide(by, process.mission)
    protocol = Protocol.objects.select_for_update().get(pk=protocol.pk)
    for about in protocol.rounds.select_for_update().filter(state__in=("open", "agreed")):
        about.move_to("cancelled", frm=("open", "agreed"), last_trouble=why)
    protocol.move_to("discarded", frm=NEW)
    say(by=by, verb="discard_protocol", process=process, data={"number": protocol.number}, why=why)


def keyring_for(
    process: Process, version: int, groups: Sequence[tuple[str, str, Sequence[str]]], quorum: str
) -> Keyring:
    """The keyring of the usable keys of every party that signs. Raises Invalid for a party without one."""
    parties = signing_parties(process)
    held = [(party.name, key.vkey) for party in parties for key in _usable(party)]
    without = [party.name for party in parties if party.name not in {name for name, _ in held}]
    if without or not parties:
        raise Invalid(
            f"No usable key yet of: {', '.join(without) or 'any party'}.",
            mend="Invite a person of the party, who enrols a key.",
            code="party-without-key",
        )
    names = [party.name for party in parties]
    written = [f"group {name} {needed} {' '.join(members or names)}" for name, needed, members in groups]
    if len(parties) < 2 and quorum == EVERYBODY:
        raise Invalid("Talks have two parties or more.", mend="Name another party.", code="one-party")
    read, top = keyrings.parse_rule("\n".join([*written, f"quorum {quorum}"]), names)
    keyring = Keyring(
        origin=keys.origin(),
        process=process.ref,
        version=version,
        keys=tuple(PartyKey(name, vkey) for name, vkey in held),
        groups=read,
        quorum=top,
    )
    keyrings.check(keyring, agreed.forbidden_keys())
    return keyring


def signing_parties(process: Process) -> list[Party]:
    """The parties that sign: no observers, none that left."""
    return list(process.parties.filter(observer=False).exclude(state="left"))


def write_texts(about: Round, texts: Mapping[str, tuple[str, str, str]]) -> None:
    """The texts of a round that nobody has seen, in place of those that were there."""
    about.texts.all().delete()
    RoundText.objects.bulk_create(
        RoundText(round=about, lang=lang, title=title, summary=summary, body=words)
        for lang, (title, summary, words) in texts.items()
    )


def freeze_body(about: Round) -> None:
    """Digest and size of every text, and the very text that is signed. From here on nothing changes."""
    for text in about.texts.all():
        one = bodies.sum_of(about.kind, text)
        RoundText.objects.filter(pk=text.pk).update(sha256=one.sha256, size=one.size)
    data = body.dump(bodies.body_of(about))
    about.body, about.digest = data.decode(), bodies.digest(data)
    about.save(update_fields=["body", "digest", "updated"])


def _usable(party: Party) -> list[Any]:
    return list(party.keys.filter(frozen_at__isnull=True, removed_at__isnull=True))


def _still_usable(process: Process, protocol: Protocol) -> None:
    """A key that was frozen or taken back since the draft must not go into a new keyring."""
    usable = {key.vkey for party in signing_parties(process) for key in _usable(party)}
    named = {key.vkey for key in keyrings.parse(protocol.keyring).keys}
    if named - usable:
        raise Conflict(
            "A key of the draft was frozen or taken back since.",
            mend="Write the draft anew; its keyring is then made of the keys that are usable now.",
            code="key-removed",
        )


def _rules(process: Process, rules: Mapping[str, Any]) -> ProtocolRules:
    read = protocols.parse(rules)
    if set(read.languages) != set(process.languages):
        raise Invalid(
            f"The rules are for {', '.join(read.languages)}, not for the languages of the talks.",
            where=[{"field": "rules.languages", "message": "not the languages of the talks"}],
        )
    return read


def _check_documents(process: Process, documents: Mapping[str, str]) -> None:
    where: list[dict[str, Any]] = [
        {"field": f"documents.{lang}", "message": "missing"}
        for lang in process.languages
        if not str(documents.get(lang, "")).strip()
    ]
    where += [
        {"field": f"documents.{lang}", "message": "not a language of the talks"}
        for lang in sorted(set(documents) - set(process.languages))
    ]
    where += [
        {"field": f"documents.{lang}", "at": one.at, "message": one.what, "mend": one.mend}
        for lang, words in documents.items()
        for one in canonical_text.troubles("-", "", str(words))
        if one.code != "empty"
    ]
    if where:
        raise Invalid(f"{where[0]['field']}: {where[0]['message']}", code="not-canonical", where=where)


def _check_terms(process: Process, sheet: Mapping[str, Any], keyring: Keyring) -> None:
    read = agreed.read_terms(sheet)
    odd = []
    if read.process != process.ref:
        odd.append({"field": "terms.process", "message": f"the talks are {process.ref}"})
    if set(read.languages) != set(process.languages):
        odd.append({"field": "terms.languages", "message": "not the languages of the talks"})
    if set(read.order) != set(keyring.parties):
        odd.append(
            {"field": "terms.order.parties", "message": f"the parties are {', '.join(keyring.parties)}"}
        )
    if odd:
        raise Invalid(f"{odd[0]['field']}: {odd[0]['message']}", code="terms", where=odd)
