"""Signatures that must not count: each is refused with its own words, and the attempt is in the audit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.negotiations import help as table
from tests.negotiations.help import Own, Pass, Ssh, World
from tests.negotiations.rules.cast import Authenticator

from dragoman.base import clock
from dragoman.lib.tlog.errors import TlogError
from dragoman.negotiations.actions import answers, keys, processes
from dragoman.negotiations.models import Answer, PartyKey, Round
from dragoman.negotiations.rules import body as bodies
from dragoman.negotiations.rules import judging
from dragoman.record import keys as record_keys
from dragoman.record import queries as record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return table.opened()


def signed_over(world: World, about: Round, **changed: object) -> str:
    """A whole note by Northland over the round's text with something else in it."""
    body = replace(bodies.parse(about.body.encode()), **changed)  # type: ignore[arg-type]  # as given
    return judging.assemble(body, [world["northland"].key.line(bodies.dump(body))]).decode()


def no_answer(about: Round) -> bool:
    return not Answer.objects.filter(round=about).exists()


def test_a_consent_to_another_round_is_none_to_this(world: World) -> None:
    first, second = table.text_put(world), table.text_put(world, table.OTHER)
    north = world["northland"]
    with table.refused("another-round", "for another round: 2", by=north.person.audit_name):
        answers.consent(by=north.person, round=second, line=north.note(first))
    with table.refused("another-round", "is over round 2 of stonebridge"):
        answers.consent(by=north.person, round=second, line=north.key.line(first.body.encode()))
    assert no_answer(second)


def test_a_passkeys_consent_to_another_round_is_none_to_this(world: World) -> None:
    first, second = table.text_put(world), table.text_put(world, table.OTHER)
    south = world["southport"]
    with table.refused("another-round", "is over round 2"):
        answers.consent(by=south.person, round=second, line=south.key.line(first.body.encode()))


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"rev": 2}, "another-revision", "another revision"),
        ({"statement": "2026-zzzzzz"}, "another-statement", "another statement"),
        ({"not_before": "2020-01-01T00:00:00Z"}, "not-before", "another earliest moment"),
        ({"parties": 77}, "other-keyring", "under another keyring"),
        ({"origin": "elsewhere.example/record"}, "another-record", "another record"),
        ({"process": "riverside"}, "another-process", "another process"),
    ],
)
def test_a_consent_to_something_else_is_named(
    world: World, changed: dict[str, object], code: str, words: str
) -> None:
    about = table.text_put(world)
    with table.refused(code, words):
        answers.consent(by=world["northland"].person, round=about, line=signed_over(world, about, **changed))
    assert no_answer(about)


def test_a_consent_to_fewer_languages_is_refused(world: World) -> None:
    about = table.text_put(world)
    texts = tuple(one for one in bodies.parse(about.body.encode()).texts if one.lang == "en")
    with table.refused("another-language-set", "for other languages: en, wanted en, ru"):
        answers.consent(
            by=world["northland"].person, round=about, line=signed_over(world, about, texts=texts)
        )


def test_a_consent_to_one_other_byte_is_refused(world: World) -> None:
    about = table.text_put(world)
    texts = tuple(
        replace(one, sha256="0" * 64) if one.lang == "ru" else one
        for one in bodies.parse(about.body.encode()).texts
    )
    with table.refused("changed-text", "another text in ru"):
        answers.consent(
            by=world["northland"].person, round=about, line=signed_over(world, about, texts=texts)
        )


def test_a_consent_given_in_other_talks_counts_only_there(world: World) -> None:
    about = table.text_put(world)
    other = table.opened("riverside", cast=world.cast)
    north = other["northland"]
    theirs = table.text_put(other)
    with table.refused("another-process", "for another process: riverside"):
        answers.consent(by=world["northland"].person, round=about, line=north.note(theirs))
    with table.refused("unknown-key", "northland.riverside"):
        answers.consent(by=world["northland"].person, round=about, line=north.key.line(about.body.encode()))


def test_a_person_of_other_talks_cannot_speak_here(world: World) -> None:
    about = table.text_put(world)
    other = table.opened("riverside", cast=world.cast)
    with table.refused("another-process", "belongs to other talks"):
        answers.decline(by=other["northland"].person, round=about, words="No.")


def test_one_partys_signature_handed_in_by_another_is_refused(world: World) -> None:
    about = table.text_put(world)
    line = world["northland"].key.line(about.body.encode())
    with table.refused("another-party", "you speak for eastmark"):
        answers.consent(by=world["eastmark"].person, round=about, line=line)


def test_one_signer_cannot_stand_under_two_names(world: World) -> None:
    _, code = processes.invite(by=world.cast.director, party=world["eastmark"].party, name="Second")
    key = world["northland"].key
    assert isinstance(key, Own)
    twin = Own("eastmark.stonebridge")
    twin.key = replace(key.key, name=twin.name)
    with table.refused("one-key-two-parties", "one signer would count as two"):
        keys.enrol(code=code, vkey=twin.vkey)
    ssh_twin = Ssh("eastmark.stonebridge")
    ssh_twin.key = Ed25519PrivateKey.from_private_bytes(key.key.seed)
    with table.refused("one-key-two-parties", "one signer would count as two"):
        keys.enrol(code=code, vkey=ssh_twin.vkey)


def test_a_removed_key_signs_nothing(world: World) -> None:
    """A protocol without the old key comes into force; what it signs afterwards is refused."""
    north = world["northland"]
    old, new = north.key, Own("northland.stonebridge")
    keys.add_key(by=north.person, vkey=new.vkey)
    PartyKey.objects.filter(vkey=old.vkey).update(removed_at=clock.now())
    about = table.put(world)
    PartyKey.objects.filter(vkey=old.vkey).update(removed_at=None)
    world.all_consent(about)
    table.clockwork()
    assert world.fresh().protocol == 2
    text = table.text_put(world)
    with table.refused("unknown-key", "is not in the keyring"):
        north.consents(text, key=old)
    north.consents(text, key=new)


def test_a_key_that_waits_for_a_keyring_signs_nothing(world: World) -> None:
    north, new = world["northland"], Own("northland.stonebridge")
    keys.add_key(by=north.person, vkey=new.vkey)
    about = table.text_put(world)
    with table.refused("unknown-key", "is not in the keyring"):
        north.consents(about, key=new)


def test_the_records_key_cannot_speak_for_a_party(world: World) -> None:
    signer = record_keys.signing()[0]
    about = table.text_put(world)
    line = str(signer.sign(about.body.encode()))
    with table.refused("unknown-key", "localhost/record"):
        answers.consent(by=world["northland"].person, round=about, line=line)
    stolen = Own("northland.stonebridge")
    stolen.key = replace(signer, name=stolen.name)
    with table.refused("forbidden-key", "key of the record or of a witness"):
        keys.add_key(by=world["northland"].person, vkey=stolen.vkey)


def test_a_partys_key_cannot_sign_a_head_of_the_record(world: World) -> None:
    """The policy names the record's keys; a head that a party signs proves nothing to anybody."""
    publics = {key.public for key in record.verifier_keys()}
    from_parties = {PartyKey.objects.get(vkey=side.key.vkey).vkey for side in world.sides.values()}
    assert not {vkey for vkey in from_parties if any(public.hex() in vkey for public in publics)}
    head = table.head_by_a_party(world["northland"].key)
    with pytest.raises(TlogError, match="not signed"):
        table.check_head(head)


def passkey(world: World, **turned: object) -> Pass:
    """Southport's device, with something turned that an attacker could turn."""
    key = world["southport"].key
    assert isinstance(key, Pass)
    device = Authenticator(secret=key.device.secret, **turned)  # type: ignore[arg-type]  # one field each
    other = Pass(key.name)
    other.device = device
    return other


@pytest.mark.parametrize(
    ("turned", "code", "words"),
    [
        ({"flags": 0x01}, "no-user-verification", "did not verify its person"),
        ({"flags": 0x04}, "no-user-presence", "Nobody was present"),
        ({"rp_id": "elsewhere.example"}, "wrong-rp", "relying party|site"),
        ({"origin": "https://elsewhere.example"}, "wrong-origin", "elsewhere"),
    ],
)
def test_a_passkey_used_wrongly_is_refused(
    world: World, turned: dict[str, object], code: str, words: str
) -> None:
    about = table.text_put(world)
    south = world["southport"]
    honest = south.key
    bad = passkey(world, **turned)
    line = table.line_of(honest.vkey, bad, about.body.encode())
    with table.refused(code, words):
        answers.consent(by=south.person, round=about, line=line)
    assert no_answer(about)


def test_an_ssh_signature_made_for_another_purpose_is_refused(world: World) -> None:
    about = table.text_put(world)
    east = world["eastmark"]
    assert isinstance(east.key, Ssh)
    for_files = Ssh(east.key.name, namespace="file", key=east.key.key)
    with table.refused("wrong-namespace", "namespace"):
        answers.consent(by=east.person, round=about, line=for_files.line(about.body.encode()))


def test_an_observer_signs_nothing(world: World) -> None:
    harbour = table.seat(world.cast, world.process, "harbour", observer=True)
    about = table.text_put(world)
    with table.refused("observer", "reads and signs nothing"):
        harbour.consents(about)


def test_garbage_is_refused_and_not_an_error(world: World) -> None:
    about = table.text_put(world)
    for line in ("", "x", "— a b", "\x00", about.body):
        with table.refused("bad-signature", "signature"):
            answers.consent(by=world["northland"].person, round=about, line=line)
