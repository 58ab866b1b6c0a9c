"""`dragoman consent`: what a party does on its own machine with its own key. No desk, no network, no Django.

It signs only what it has read and shown itself, and knows every kind of text that a party may sign: nothing
else gets a signature. Exit code 0: done, agreed. 1: refused, with the reason. 2: a file could not be read.
3: what is here is right, and more is missing.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dragoman.cli import consent_files as files
from dragoman.cli import consent_shown as shown
from dragoman.cli import consent_unpacked as unpacked
from dragoman.lib.problems import Invalid
from dragoman.lib.tlog.note import SignerKey
from dragoman.negotiations.rules import judging, orders, receipts, roundfile, signing, timing, vkeys
from dragoman.negotiations.rules.orders import Kind, Order
from dragoman.negotiations.rules.roundfile import RoundFile

AWAITED = 3

consent = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    help="Read, sign, decline and check texts of talks on your own machine, without the desk.",
)
Round = Annotated[Path, typer.Argument(help="The file of a round, from the party's page.", metavar="FILE")]
Key = Annotated[Path, typer.Option("--key", help="Your key file.", metavar="KEY")]
Out = Annotated[Path | None, typer.Option("--out", help="Write here instead of to the screen.")]
Since = Annotated[
    Path | None, typer.Option("--since", help="Your own file of the round before, to compare with.")
]


@consent.command("key")
def make_key(
    name: Annotated[str, typer.Argument(help="PARTY.PROCESS, such as northland.riverton.", metavar="NAME")],
    *,
    out: Annotated[Path, typer.Option("--out", help="The file to keep the key in.", metavar="KEY")],
) -> None:
    """Make a key. The file is yours alone; the line that is printed is its public side, to hand over."""
    vkeys.names_in(name)
    key = SignerKey.make(name)
    files.write_key(out, key)
    typer.echo(str(key.verifier))
    typer.echo(
        f"The key is in {out}; whoever has this file signs for you, and nobody can make it anew. Keep it "
        "offline, with one copy in another place. Hand over the line above, never the file.",
        err=True,
    )


@consent.command("show")
def show(file: Round, *, since: Since = None) -> None:
    """Show every language of the text as it would be signed, what has changed, and what a consent binds."""
    shown.show(_round(file), _before(since))


@consent.command("text")
def text(file: Round, *, out: Out = None) -> None:
    """Write the very bytes that are signed: for ssh-keygen -Y sign, or to compare their digest."""
    files.hand_over(_round(file).signed_text, out)


@consent.command("sign")
def sign(
    file: Round,
    *,
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; you have read the text.")] = False,
    since: Since = None,
    out: Out = None,
) -> None:
    """Show the text, ask, and sign it. Hand the note that is written to the party's page."""
    signer, read = files.read_key(key), _round(file)
    if str(signer.verifier) not in [one.vkey for one in read.ring.keys]:
        raise Invalid(
            f"Your key {signer.verifier.name} is not in the keyring that judges this round, so its signature "
            "would count for nothing.",
            mend="Use the key that you enrolled for this process, and that the protocol names.",
            code="unknown-key",
        )
    doubts = shown.show(read, _before(since), err=True)
    if yes and doubts:
        raise Invalid(
            "The text holds what cannot be seen, so it is not signed without being asked.",
            mend="Read what was shown, and sign without --yes.",
            code="hidden-character",
        )
    if not yes and not _asked(f"Sign this text for {vkeys.party_of(str(signer.verifier))}?"):
        _left("Nothing was signed.")
    line = signing.sign_ed25519(read.signed_text, signer)
    files.hand_over(judging.assemble(read.body, [line]), out)


@consent.command("decline")
def decline(
    file: Round,
    *,
    key: Key,
    words: Annotated[str, typer.Option("--words", help="Why not, for the host and the other parties.")],
    out: Out = None,
) -> None:
    """Sign a no to a round, with the words that say why."""
    _about_round("decline", file, key, out, words)


@consent.command("withdraw")
def withdraw(
    file: Round,
    *,
    key: Key,
    words: Annotated[str, typer.Option("--words", help="Why, if you want to say so.")] = "",
    out: Out = None,
) -> None:
    """Sign that your consent to a round is taken back. It counts if it comes before the moment of release."""
    _about_round("withdraw", file, key, out, words)


@consent.command("freeze")
def freeze(
    *,
    process: Annotated[str, typer.Option("--process", help="The talks, such as riverton.")],
    origin: Annotated[str, typer.Option("--origin", help="The record, as the first line of a round has it.")],
    key: Key,
    out: Out = None,
) -> None:
    """Sign an order that freezes your party's account: when a device is lost, or somebody else signs in."""
    _about_process("freeze", process, origin, key, out)


@consent.command("leave")
def leave(
    *,
    process: Annotated[str, typer.Option("--process", help="The talks, such as riverton.")],
    origin: Annotated[str, typer.Option("--origin", help="The record, as the first line of a round has it.")],
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    out: Out = None,
) -> None:
    """Sign that your party leaves the talks. The protocol says what follows; this cannot be taken back."""
    if not yes and not _asked(f"Leave the talks {process}?"):
        _left("Nothing was signed.")
    _about_process("leave", process, origin, key, out)


@consent.command("sign-in")
def sign_in(
    challenge: Annotated[
        Path, typer.Argument(help="The challenge, from the party's page.", metavar="CHALLENGE-FILE")
    ],
    *,
    key: Key,
    out: Out = None,
) -> None:
    """Sign the challenge with which the party's page asks who you are. Signs nothing else."""
    signer = files.read_key(key)
    order = orders.parse(files.as_text(files.read(challenge)))
    if order.kind != "sign-in":
        raise Invalid(
            f"This is not a challenge: signing it would mean to {order.kind}.",
            mend="Take the challenge from the page once more. If it is the same, tell the host.",
            code="another-order",
        )
    _must_be_mine(signer, order)
    typer.echo(f"Signing in to {order.process} ({order.origin}) as {order.party}.", err=True)
    _sign_order(signer, order, out)


@consent.command("check")
def check(
    file: Round,
    note: Annotated[Path, typer.Argument(help="The note, or one signature line.", metavar="NOTE")],
) -> None:
    """Check a note against the file of its round: who signed, and whether that is enough."""
    read, given = _round(file), files.read(note)
    if b"\n\n" not in given.strip():
        given = judging.assemble(read.body, files.as_text(given).decode().splitlines())
    judged = judging.judge(given, read.ring, read.body)
    shown.show_judged(read, judged)
    if not judged.satisfied:
        raise typer.Exit(AWAITED)


@consent.command("receipts")
def check_receipts(
    given: Annotated[list[Path], typer.Argument(help="Receipts that you kept.", metavar="FILE...")],
    *,
    policy: Annotated[
        Path, typer.Option(help="The record's keys (c2sp.org/tlog-policy), from a source you trust.")
    ],
) -> None:
    """Check the host's receipts: signed by the record's key, and each naming the one before it."""
    texts = [part for file in given for part in receipts.parted(files.read(file).decode("utf-8", "replace"))]
    found = receipts.check_all(texts, [log.key for log in files.read_policy(policy).logs])
    gaps = receipts.missing(found)
    shown.show_receipts(found, gaps)
    if gaps or not found:
        raise typer.Exit(AWAITED)


@consent.command("unpack")
def unpack(
    note: Annotated[Path, typer.Argument(help="A consent note.", metavar="NOTE")],
    *,
    keyring: Annotated[Path, typer.Option("--keyring", help="The keyring that judges it.", metavar="FILE")],
    to: Annotated[Path, typer.Option("--to", help="The folder to write to.", metavar="DIR")],
) -> None:
    """Take a note apart into files for other people's tools: ssh-keygen, openssl."""
    for line in unpacked.unpack(files.read(note), files.read(keyring).decode("utf-8", "replace"), to):
        typer.echo(line)


def _round(file: Path) -> RoundFile:
    return roundfile.load(files.read(file))


def _before(since: Path | None) -> RoundFile | None:
    return _round(since) if since else None


def _about_round(kind: Kind, file: Path, key: Path, out: Path | None, words: str) -> None:
    signer, read = files.read_key(key), _round(file)
    order = Order(
        kind=kind,
        origin=read.body.origin,
        process=read.body.process,
        party=vkeys.party_of(str(signer.verifier)),
        at=_now(),
        round=read.body.round,
        digest=read.digest,
        words=words.strip(),
    )
    _must_be_mine(signer, order)
    _sign_order(signer, order, out)


def _about_process(kind: Kind, process: str, origin: str, key: Path, out: Path | None) -> None:
    signer = files.read_key(key)
    order = Order(kind, origin, process, vkeys.party_of(str(signer.verifier)), _now())
    _must_be_mine(signer, order)
    _sign_order(signer, order, out)


def _must_be_mine(signer: SignerKey, order: Order) -> None:
    mine = vkeys.names_of(str(signer.verifier))
    if mine != (order.party, order.process):
        raise Invalid(
            f"Your key is that of {mine[0]} in {mine[1]}; this is about {order.party} in {order.process}.",
            mend="Take the key of these talks.",
            code="another-order",
        )


def _sign_order(signer: SignerKey, order: Order, out: Path | None) -> None:
    data = orders.dump(order)
    files.hand_over(orders.assemble(order, [signing.sign_ed25519(data, signer)]), out)


def _asked(question: str) -> bool:
    """A yes of somebody who is there: an answer from a pipe is none."""
    if not sys.stdin.isatty():
        raise Invalid(
            "Nobody is there to be asked.",
            mend="Run this in a terminal, or say --yes when you have read the text.",
            code="not-asked",
        )
    return typer.confirm(question, err=True)


def _left(words: str) -> None:
    typer.echo(words, err=True)
    raise typer.Exit(1)


def _now() -> str:
    return timing.stamp(datetime.now(UTC))
