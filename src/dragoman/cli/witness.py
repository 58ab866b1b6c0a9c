"""`dragoman witness`: keep a witness of a public record on one's own machine. No Django, no database."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dragoman.lib.files import write_atomic
from dragoman.lib.problems import Conflict, Invalid, NotFound
from dragoman.lib.tlog import policy
from dragoman.lib.tlog.errors import TlogError
from dragoman.lib.tlog.policy import Log
from dragoman.lib.tlog.witness import head_path
from dragoman.lib.witnessing import asking, gossip, pulling, serving
from dragoman.lib.witnessing.answering import Witness
from dragoman.lib.witnessing.keeping import Folder
from dragoman.lib.witnessing.limits import Rate
from dragoman.lib.witnessing.pulling import Pulled

SIGNED, REFUSED, UNREADABLE, FORKED = 0, 1, 2, 3

witness = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
    help="Witness a public record: co-sign its heads, and so make sure that everyone is shown the same.",
)
State = Annotated[
    Path,
    typer.Option("--state", envvar="DRAGOMAN_WITNESS_STATE", help="The witness's folder.", metavar="DIR"),
]


@witness.command("init")
def init(
    name: Annotated[str, typer.Argument(help="Its name, such as witness.example.int", metavar="NAME")],
    *,
    log: Annotated[str, typer.Option(help="Public key of the record (vkey), from a source you trust.")] = "",
    url: Annotated[str, typer.Option(help="Address of that record, to `pull` from.")] = "",
    policy_file: Annotated[
        Path | None, typer.Option("--policy", help="Take the record's keys from a policy file instead.")
    ] = None,
    state: State,
) -> None:
    """Make a witness: a new key, and the record that it witnesses. A key is never replaced."""
    logs = _given(log, url, policy_file)
    try:
        made = Folder(state).make(name, logs)
    except TlogError as error:
        raise Invalid(f"{error}.", mend="Take a host name of yours, such as witness.example.int.") from error
    typer.echo(f"made    {state}")
    for one in logs:
        typer.echo(f"record  {one.key} {one.url}".rstrip())
    typer.echo(f"witness {made.verifier}")
    typer.echo("Give the line `witness` to the record's keeper, with the address at which this witness runs.")


@witness.command("trust")
def trust(
    vkey: Annotated[str, typer.Argument(help="Public key of a record.", metavar="VKEY")],
    url: Annotated[str, typer.Argument(help="Its address.", metavar="URL")] = "",
    *,
    state: State,
) -> None:
    """Witness one more record, or one more key of the same record, or name another address for it."""
    folder = Folder(state)
    with folder.alone():
        fresh = _given(vkey, url, None)[0]
        kept = [one for one in _logs(folder) if one.key != fresh.key]
        folder.trust([*kept, fresh])
    typer.echo(f"record  {fresh.key} {fresh.url}".rstrip())


@witness.command("run")
def run(
    *,
    state: State,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at; 0 takes a free one.")] = 8055,
    proxies: Annotated[int, typer.Option(help="How many proxies of yours stand in front.")] = 0,
    burst: Annotated[int, typer.Option(help="How many requests an address may send at once.")] = 60,
    every: Annotated[float, typer.Option(help="Seconds until it may send one more.")] = 1.0,
    certificate: Annotated[Path | None, typer.Option(help="For https: the chain (PEM).")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="For https: its key (PEM).")] = None,
) -> None:
    """Answer the record that asks for signatures, and whoever wants to know what this witness saw."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    how = serving.Serving(
        host=host, port=port, proxies=proxies, rate=Rate(burst, every), tls=_tls(certificate, certificate_key)
    )
    folder = Folder(state)
    with folder.alone():
        one = Witness(folder)

        def ready(bound: int) -> None:
            typer.echo(f"witness {one.vkey}")
            for log in one.logs:
                typer.echo(f"record  {log.key.name}, {one.memory(log.key.name).size:,} entries signed so far")
            scheme = "https" if how.tls else "http"
            typer.echo(f"listens {scheme}://{host}:{bound}")
            sys.stdout.flush()

        try:
            asyncio.run(serving.serve(one.answer, how, ready))
        except OSError as error:
            raise Conflict(
                f"{host}:{port} cannot be listened at: {error.strerror or error}.",
                mend="Choose another port.",
            ) from error


@witness.command("pull")
def pull(
    *,
    state: State,
    export: Annotated[
        Path | None, typer.Option(help="Then write the files to be published into this folder.")
    ] = None,
) -> None:
    """Fetch each record's head, and sign it if it continues the last one: for a witness that is not reached
    from outside.

    Exit code 0: signed. 1: refused or not signed. 2: could not be read. 3: a fork; the evidence is kept.
    """
    folder = Folder(state)
    with folder.alone():
        one = Witness(folder)
        codes = [_pull(one, log) for log in _distinct(one.logs)]
        if export is not None:
            _export(one, export)
    raise typer.Exit(max(codes, default=SIGNED))


@witness.command("status")
def status(*, state: State) -> None:
    """What this witness signed last for each record, and what it found wrong."""
    folder = Folder(state)
    typer.echo(f"witness {folder.key().verifier}")
    for log in _distinct(folder.logs()):
        memory = folder.recall(log.key.name)
        typer.echo(f"record  {log.key.name} {log.url}".rstrip())
        if not memory.note:
            typer.echo("  nothing signed yet")
        else:
            at = _moment(memory.seen[-1].at) if memory.seen else "an unknown time"
            typer.echo(f"  {memory.size:,} entries, root {memory.root.hex()}, first signed {at}")
        for one in memory.forks:
            typer.echo(f"  FORK seen {_moment(one.at)}: two heads of one size, both signed by the record")
        if memory.forks:
            typer.echo(f"  Publish the evidence: {head_path(memory.origin).replace('checkpoint', 'seen')}")
        if memory.refused:
            typer.echo(f"  {len(memory.refused)} signed heads were refused, for their proof failed")
    try:
        with folder.alone():
            typer.echo("not running")
    except Conflict:
        typer.echo("running")


@witness.command("export")
def export(
    *,
    state: State,
    to: Annotated[
        Path | None, typer.Option(help="Write the files that any web server can publish for it.")
    ] = None,
) -> None:
    """Print the lines for policy files, which readers may take from you instead of from the record; or, with
    --to, write what this witness shows (`<hash>/checkpoint`, `<hash>/seen`) into a folder."""
    one = Witness(Folder(state))
    for log in one.logs:
        typer.echo(f"log {log.key} {log.url}".rstrip())
    typer.echo(f"witness {one.vkey.name} {one.vkey}")
    if to is not None:
        _export(one, to)


def _given(vkey: str, url: str, policy_file: Path | None) -> list[Log]:
    if bool(vkey) == bool(policy_file):
        raise Invalid(
            "The witness must know whose record it witnesses.",
            mend="Pass --log VKEY (and --url URL) or --policy FILE, had by another way than the record.",
        )
    try:
        if policy_file is not None:
            return list(policy.parse(policy_file.read_text("utf-8")).logs)
        return list(policy.parse(f"log {vkey} {url}\nquorum none\n").logs)
    except OSError as error:
        raise NotFound(f"{policy_file}: {error.strerror}.") from error
    except (TlogError, UnicodeDecodeError) as error:
        raise Invalid(f"{error}.", mend="A record's key reads name+id+base64, in one piece.") from error


def _logs(folder: Folder) -> list[Log]:
    folder.key()
    return folder.logs() if folder.policy_path.exists() else []


def _distinct(logs: list[Log]) -> list[Log]:
    """One a record: the first of its keys that has an address, else the first."""
    best: dict[str, Log] = {}
    for log in logs:
        if log.key.name not in best or (log.url and not best[log.key.name].url):
            best[log.key.name] = log
    return list(best.values())


def _pull(one: Witness, log: Log) -> int:
    try:
        pulled = pulling.pull(one, log)
    except asking.Silent as silent:
        typer.echo(f"{log.key.name}: could not be read: {silent}", err=True)
        return UNREADABLE
    typer.echo(f"{pulled.origin}: {pulled.words}", err=not pulled.signed)
    if pulled.fork is not None:
        _keep_evidence(one, pulled)
        return FORKED
    return SIGNED if pulled.signed else REFUSED


def _keep_evidence(one: Witness, pulled: Pulled) -> None:
    if pulled.fork is None:
        return
    place = one.folder.place / gossip.evidence_name(pulled.fork)
    write_atomic(place, gossip.evidence(pulled.fork))
    typer.echo(f"Both signed heads are in {place}. Publish that file.", err=True)


def _export(one: Witness, folder: Path) -> None:
    for origin in dict.fromkeys(log.key.name for log in one.logs):
        memory = one.memory(origin)
        path = folder / head_path(origin)
        if memory.note:
            write_atomic(path, memory.note)
        write_atomic(path.with_name("seen"), gossip.dump(memory, str(one.vkey)))
        typer.echo(f"wrote {path.parent}", err=True)


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(
            f"The certificate cannot be used: {error}.", mend="Give the chain and its key."
        ) from error
    return context
