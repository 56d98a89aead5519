"""How the command line talks: progress and errors on stderr, data on stdout, no traceback for a user."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, NoReturn

from orchestrator.errors import OrchestratorError
from orchestrator.reports.plain import plain


class Format(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def run_app() -> NoReturn:
    """Run the application and exit with its code."""
    from orchestrator.cli.app import app

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s: %(message)s")
    for library in ("paramiko", "ncclient", "asyncssh", "scp", "nornir"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        code = app(standalone_mode=False)
    except OrchestratorError as error:
        complain(error)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 2
    except BrokenPipeError:
        # The reader went away; what is left has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001 - sorted below; nothing may reach a user as a traceback
        code = _other(error)
    sys.exit(code if isinstance(code, int) else 0)


def _other(error: Exception) -> int:
    """Exit code for what is not ours: wrong usage, or a mistake in this program."""
    import typer

    # Some releases of Typer bring a click of their own, others use the installed one.
    usage: Any = typer.BadParameter.__bases__[0]
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, usage):
        error.show(file=sys.stderr)
        return 2
    if isinstance(error, typer.Abort):
        talk("stopped")
        return 2
    if isinstance(error, OSError) and error.filename is not None:
        talk(f"error: {error.filename}: {error.strerror}")
        talk("hint: is there such a place, may you write there, and is its disk not full?")
        return 2
    if os.environ.get("ORCHESTRATOR_DEBUG"):
        logging.getLogger(__name__).error("a mistake in this program", exc_info=error)
    talk(f"error: a mistake in this program: {type(error).__name__}: {error}")
    talk("hint: ORCHESTRATOR_DEBUG=1 shows where; please report it")
    return 2


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
