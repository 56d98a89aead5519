"""How the command line talks: progress and errors on stderr, data on stdout, no traceback for a user."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from orchestrator.errors import OrchestratorError
from orchestrator.reports.plain import plain


class Format(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def complain(error: OrchestratorError) -> None:
    """Print an error and its cure."""
    talk(f"error: {error}")
    if error.hint:
        talk(f"hint: {error.hint}")


def talk(text: str) -> None:
    """Say something to the person, on stderr."""
    sys.stderr.write(plain(text) + "\n")
    sys.stderr.flush()


def confirmed(question: str) -> bool:
    """Ask on stderr; only a plain yes is one, and silence is none."""
    sys.stderr.write(plain(f"{question} [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def progress(*, quiet: bool = False) -> Callable[[str, str], None]:
    """What tells a person at a terminal how a run goes; silent elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _device, _text: None
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)

    def say(device: str, text: str) -> None:
        line = Text.assemble((f"{device:<12} ", "cyan"), plain(text))
        console.print(line)

    return say


def data(text: str) -> None:
    """Print data on stdout."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def answer(records: Iterable[Any], form: Format, columns: Callable[[Any], dict[str, Any]], *, empty: str) -> None:
    """Print records as a table, as one JSON list, or one JSON object a line."""
    from orchestrator.parsers.as_json import as_json

    if form is Format.JSONL:
        for one in records:
            data(json.dumps(as_json(one), ensure_ascii=False))
        return
    everything = list(records)
    if form is Format.JSON:
        data(json.dumps(as_json(everything), indent=2, ensure_ascii=False))
        return
    if not everything:
        talk(empty)
        return
    rows = [{name: plain(str(value)) for name, value in columns(one).items()} for one in everything]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    data("  ".join(name.upper().ljust(width) for name, width in widths.items()).rstrip())
    for row in rows:
        data("  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip())


def story(record: Any, form: Format, lines: Iterable[str]) -> None:
    """Print one record as lines to be read, or as data."""
    if form is Format.TEXT:
        data("\n".join(map(plain, lines)))
    else:
        answer([record], form, dict, empty="")
