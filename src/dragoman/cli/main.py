"""`dragoman`: picks the command and loads nothing else; `dragoman verify` needs no Django."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass

from dragoman.lib.problems import Problem


@dataclass(frozen=True)
class Command:
    """Where a command lives: `module` has a function or Typer app `name`; `ground`: needs the database."""

    module: str
    name: str
    help: str
    ground: bool = True


COMMANDS = {
    "up": Command(
        "dragoman.cli.up", "up", "Start everything and keep it running; Ctrl-C stops it.", ground=False
    ),
    "run": Command(
        "dragoman.cli.processes", "run", "One process alone, for systemd and containers.", ground=False
    ),
    "prepare": Command("dragoman.cli.prepare", "prepare", "Bring database and files up to this release."),
    "demo": Command("dragoman.cli.demo", "demo", "Play the whole walk of a statement, and check the record."),
    "verify": Command(
        "dragoman.cli.verify", "verify", "Verify a record or a statement, offline.", ground=False
    ),
    "verify accounts": Command(
        "dragoman.cli.verify_accounts",
        "verify_accounts",
        "Verify the list of official accounts, offline.",
        ground=False,
    ),
    "consent": Command(
        "dragoman.cli.consent",
        "consent",
        "Read and sign texts of talks, offline, with your key.",
        ground=False,
    ),
    "neutrality": Command(
        "dragoman.cli.neutrality",
        "neutrality",
        "Check a joint text by its term sheet, prove a party's version.",
        ground=False,
    ),
    "witness": Command(
        "dragoman.cli.witness", "witness", "Keep a witness of a record, on your own machine.", ground=False
    ),
    "ledger audit": Command(
        "dragoman.cli.ledger",
        "audit",
        "Work the evenness of talks out again, from public files.",
        ground=False,
    ),
    "probe": Command(
        "dragoman.cli.probe", "probe", "Note when each public place has each entry of talks.", ground=False
    ),
    "record": Command("dragoman.cli.record", "record", "Audit the record; its keys."),
    "facts": Command("dragoman.cli.facts", "facts", "Import and export fact sheets."),
    "mail": Command("dragoman.cli.mail", "mail", "Take mail that came back, from the relay's pipe."),
    "officer": Command("dragoman.cli.staff", "officer", "Make, list and change officers."),
    "token": Command("dragoman.cli.staff", "token", "Make a token for the API."),
    "backup": Command("dragoman.cli.backup", "backup", "Write database and files to one archive."),
    "restore": Command(
        "dragoman.cli.backup", "restore", "Read an archive back, into an empty home.", ground=False
    ),
    "triage": Command(
        "dragoman.cli.triage", "triage", "Read messages as JSON lines: no database, no network.", ground=False
    ),
    "doctor": Command(
        "dragoman.cli.doctor", "doctor", "Look at the machine and say what to mend.", ground=False
    ),
}


def main() -> None:
    """The entry of the console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code. A refusal is told in words, never as a traceback."""
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0
    if arguments[0] in {"-V", "--version", "version"}:
        print(f"dragoman {importlib.import_module('importlib.metadata').version('dragoman')}")
        return 0
    if " ".join(arguments[:2]) in COMMANDS:  # a command of two words
        arguments = [" ".join(arguments[:2]), *arguments[2:]]
    command = COMMANDS.get(arguments[0])
    if command is None:
        print(f"There is no command '{arguments[0]}'.\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        return _call(command, arguments)
    except Problem as problem:
        _tell(problem)
        return 2 if problem.code == "settings" else 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def usage() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{command.help}" for name, command in COMMANDS.items()]
    return "\n".join(
        ["usage: dragoman COMMAND [ARGUMENTS]", "", *lines, "", "dragoman COMMAND --help tells more."]
    )


def _call(command: Command, arguments: list[str]) -> int:
    # Loaded late on purpose: each command pays only for what it needs.
    if not command.ground:
        return _invoke(command, arguments)
    ground = importlib.import_module("dragoman.cli.ground")
    with ground.entered(database="--help" not in arguments):
        return _invoke(command, arguments)


def _invoke(command: Command, arguments: list[str]) -> int:
    try:
        module = importlib.import_module(command.module)
    except ModuleNotFoundError as error:
        if error.name != command.module:
            raise
        print(f"'dragoman {arguments[0]}' is not part of this release.", file=sys.stderr)
        return 2
    target = getattr(module, command.name)
    typer = importlib.import_module("typer")
    if not isinstance(target, typer.Typer):
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
        app.command()(target)
        target = app
    try:
        code = target(args=arguments[1:], prog_name=f"dragoman {arguments[0]}", standalone_mode=True)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return code if isinstance(code, int) else 0


def _tell(problem: Problem) -> None:
    print(problem.detail, file=sys.stderr)
    for place in problem.where:
        words = "  " + ": ".join(str(place[key]) for key in ("field", "line", "message") if place.get(key))
        if problem.code != "settings":
            print(words, file=sys.stderr)
    if problem.mend:
        print(problem.mend, file=sys.stderr)


if __name__ == "__main__":
    main()
