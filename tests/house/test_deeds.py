"""Every deed says who did it and leaves a trace; every job that is started exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from procrastinate.contrib.django import app as jobs
from tests.house import code

NOTES = {"note", "note_all", "note_export"}
# Deeds that leave no trace of their own, and why.
TRACELESS = {
    "channels.renew_sign_in": "channels/sign_in.py, which does the work, notes it",
    "channels.sweep_actors": "starts jobs; each of them leaves its own",
    "channels.sweep_activities": "starts jobs; each of them leaves its own",
    "channels.sweep_arrivals": "starts jobs; each of them leaves its own",
    "channels.mark_taken": "hands over to the inbox, whose deed in the same transaction notes it",
    "channels.sweep_sign_ins": "starts jobs; each of them leaves its own",
    "channels.look_ahead": "starts checks; each of them leaves its own",
    "channels.sweep": "starts jobs; each of them leaves its own",
    "channels.sweep_copies": "starts jobs; each of them leaves its own",
    "statements.sweep": "starts jobs; each of them leaves its own",
    "channels.answer_challenge": "answers from the row; a stranger who asks must not fill the audit",
    "public.index_said": "an index of what is published, made from it alone",
    "public.refresh_record": "writes files anew from rows; nothing changes but their bytes",
}


def action_files() -> list[Path]:
    single = list(code.PACKAGE.glob("*/actions.py"))
    return sorted(
        single + [path for path in code.PACKAGE.glob("*/actions/*.py") if path.name != "__init__.py"]
    )


def app_of(path: Path) -> str:
    return path.relative_to(code.PACKAGE).parts[0]


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in code.tree(path).body if isinstance(node, ast.FunctionDef)}


def is_deed(function: ast.FunctionDef) -> bool:
    return not function.name.startswith("_") and any(arg.arg == "by" for arg in function.args.kwonlyargs)


def calls(function: ast.FunctionDef) -> set[str]:
    """The plain names of everything a function calls or hands on."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                found.add(node.func.id)
            elif isinstance(node.func, ast.Attribute):
                found.add(node.func.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
    return found


def test_by_is_the_first_of_keyword_only_arguments() -> None:
    wrong = []
    for path in action_files():
        for function in functions(path).values():
            if not is_deed(function):
                continue
            if function.args.args or function.args.posonlyargs or function.args.kwonlyargs[0].arg != "by":
                wrong.append(f"{code.name(path)}:{function.lineno} {function.name}")
    assert not wrong, wrong


def test_every_deed_writes_audit() -> None:
    """Followed by name through all action files, for a deed may leave the trace by way of another."""
    reach: dict[str, set[str]] = {}
    for path in [*action_files(), *code.PACKAGE.glob("record/*.py")]:
        for name, function in functions(path).items():
            reach.setdefault(name, set()).update(calls(function))
    tracing = set(NOTES)
    while more := {name for name, called in reach.items() if name not in tracing and called & tracing}:
        tracing |= more
    silent = [
        f"{code.name(path)}:{function.lineno} {name}"
        for path in action_files()
        for name, function in functions(path).items()
        if is_deed(function) and name not in tracing and f"{app_of(path)}.{name}" not in TRACELESS
    ]
    assert not silent, silent


def test_every_deed_says_what_it_does() -> None:
    mute = [
        f"{code.name(path)}:{function.lineno} {name}"
        for path in action_files()
        for name, function in functions(path).items()
        if is_deed(function) and not ast.get_docstring(function)
    ]
    assert not mute, mute


def started() -> dict[str, str]:
    """Name of a job -> where it is started, for every later("...") with a plain text."""
    found = {}
    for path in code.ours("src"):
        for node in ast.walk(code.tree(path)):
            if (
                isinstance(node, ast.Call)
                and "later" in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found[str(node.args[0].value)] = f"{code.name(path)}:{node.lineno}"
    return found


def test_every_job_that_is_started_exists() -> None:
    missing = {name: where for name, where in started().items() if name not in jobs.tasks}
    assert started()
    assert not missing, missing


def test_every_job_of_ours_is_named_after_its_app() -> None:
    for name, task in jobs.tasks.items():
        module = task.func.__module__
        if module.startswith("dragoman."):
            assert re.fullmatch(rf"{module.split('.')[1]}\.[a-z_]+", name), f"{name} in {module}"


def test_job_files_hold_no_decisions_and_stay_thin() -> None:
    """A job loads by id and calls one action."""
    thick = [
        f"{code.name(path)}:{node.lineno} {node.name}"
        for path in code.PACKAGE.glob("*/tasks.py")
        for node in ast.walk(code.tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > 25
    ]
    assert not thick, thick
