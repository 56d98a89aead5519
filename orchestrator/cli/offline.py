"""Verbs that meet no device: ``parse`` and ``schema``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.console import Format, data, talk
from orchestrator.errors import InputError, ParseError, suggestion

if TYPE_CHECKING:
    from orchestrator.parsers.reading import Reading
    from orchestrator.parsers.source import Source


def parse(
    kind: Annotated[str, typer.Argument(help="flow_trace, session_table, packet_drop, system_log, ...")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Saved output or log, plain or gzip.")],
    format: Annotated[
        Format, typer.Option("--format", help="jsonl: one record a line; json: one list.")
    ] = Format.JSONL,
) -> int:
    """Read a saved output or log with the product's own parsers, and print what was recognised.

    What was not recognised is counted on stderr. Input that is not of that kind ends with exit code 2.
    """
    from orchestrator.parsers.as_json import as_json
    from orchestrator.parsers.kinds import KINDS
    from orchestrator.parsers.source import Source

    if kind not in KINDS:
        raise InputError(f"there is no parser for {kind}", hint=suggestion(kind, KINDS))
    everything = []
    unrecognised = lines = 0
    for path in files:
        if not path.is_file():
            raise InputError("there is no such file", path=path)
        source = Source.of_path(path)
        for reading, records in _readings(kind, source):
            for record in records:
                if format is Format.JSON:
                    everything.append(as_json(record))
                else:
                    data(json.dumps(as_json(record), ensure_ascii=False))
            unrecognised += reading.unrecognised
            lines += reading.tally.lines
            for sample in reading.samples:
                talk(f"{sample.file}:{sample.number}: not recognised: {sample.text[:120]}")
        if source.damage:
            talk(f"{path}: {source.damage}")
    if format is Format.JSON:
        data(json.dumps(everything, indent=2, ensure_ascii=False))
    talk(f"{unrecognised} not recognised" + (f" of {lines} lines" if lines else ""))
    return 0


def _readings(kind: str, source: Source) -> Iterator[tuple[Reading[Any], Iterable[Any]]]:
    """Read a file; one that holds several commands is read command by command, and those of other kinds are said.

    Raises:
        ParseError: nothing in the file is of the kind.
    """
    from orchestrator.parsers.kinds import KINDS, LOGS
    from orchestrator.parsers.saved_session import outputs

    parts = [source] if kind in LOGS else outputs(source)
    if len(parts) == 1:
        reading = KINDS[kind](source)
        yield reading, reading
        return
    refused: list[ParseError] = []
    others: list[str] = []
    lines = 0
    for part in parts:
        reading = KINDS[kind](part)
        try:
            records = list(reading)
        except ParseError as error:
            refused.append(error)
            lines += sum(1 for _line in part.lines())
            others.append(getattr(part, "command", "text above the first prompt"))
        else:
            yield reading, records
    if refused and len(refused) == sum(1 for part in parts if next(part.lines(), None) is not None):
        raise refused[0]
    if refused:
        talk(f"{source.name}: {lines} lines are of other commands: {', '.join(each[:80] for each in others)}")


class Subject(StrEnum):
    """What a schema is of."""

    PLAYBOOK = "playbook"
    RESULT = "result"


def schema(
    of: Annotated[
        Subject, typer.Argument(help="playbook, for editors; result, for who reads them.")
    ] = Subject.PLAYBOOK,
) -> None:
    """Print the JSON Schema of playbooks, or of result files."""
    if of is Subject.RESULT:
        from orchestrator.reports.schema import result_schema

        data(json.dumps(result_schema(), indent=2))
        return
    from orchestrator.cli.workshop import step_kinds
    from orchestrator.playbook.schema import playbook_schema

    data(json.dumps(playbook_schema({name: kind.Args for name, kind in step_kinds().items()}), indent=2))
