"""A snapshot of the chassis from files: the JSON that a run kept, or saved outputs and logs of any origin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orchestrator.errors import ParseError
from orchestrator.model.chassis import ActiveError, AlarmList, ErrorType, FpcErrors, PfeRow, WedgeEvent
from orchestrator.model.chassis_health import ChassisSnapshot
from orchestrator.parsers import alarms, chassis_errors, wedge
from orchestrator.parsers.kinds import kind_of
from orchestrator.parsers.reading import Reading
from orchestrator.parsers.source import Source

_READER = TypeAdapter(ChassisSnapshot)
_PARSERS: dict[str, Callable[[Source], Reading[Any]]] = {
    "alarms": alarms.parse,
    "chassis_errors": chassis_errors.parse,
    "wedge": wedge.parse,
    "system_log": wedge.parse,
}


def of_files(paths: Iterable[Path]) -> ChassisSnapshot:
    """One snapshot of all files; a kept snapshot stands alone.

    Raises:
        ParseError: a file is neither a snapshot nor output or log that tells of a chassis.
    """
    files = list(paths)
    if len(files) == 1 and _is_json(files[0]):
        return _kept(files[0])
    records: list[Any] = []
    kinds: set[str] = set()
    refused: list[str] = []
    for path in files:
        kind = kind_of(Source.of_path(path)) if path.is_file() else ""
        if kind not in _PARSERS:
            raise ParseError(
                "this tells nothing of a chassis",
                path=path,
                hint="give one chassis-NAME.json of a run, or saved alarms, chassis errors, output of cards and logs",
            )
        reading = _PARSERS[kind](Source.of_path(path))
        records += reading
        kinds.add(kind)
        if reading.unrecognised:
            refused.append(f"{path.name}: {reading.unrecognised} lines were not understood")
    return _of_records(records, kinds, tuple(refused))


def _of_records(records: list[Any], kinds: set[str], refused: tuple[str, ...]) -> ChassisSnapshot:
    """What was not among the files stays unread; that of an empty log does not."""

    def of(kind: type[Any], *, read: bool) -> Any:
        found = tuple(one for one in records if isinstance(one, kind))
        return found if found or read else None

    return ChassisSnapshot(
        device="saved output",
        alarms=of(AlarmList, read="alarms" in kinds),
        fpc_errors=of(FpcErrors, read=False),
        error_types=of(ErrorType, read=False),
        active=of(ActiveError, read=False),
        pfe=of(PfeRow, read=False),
        events=of(WedgeEvent, read="system_log" in kinds),
        refused=refused,
    )


def _is_json(path: Path) -> bool:
    return path.is_file() and path.read_bytes()[:200].lstrip().startswith(b"{")


def _kept(path: Path) -> ChassisSnapshot:
    try:
        return _READER.validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ParseError(
            f"this is no snapshot of a chassis: {where + ': ' if where else ''}{first['msg']}",
            path=path,
            hint="a run of the playbook health-snapshot keeps them as chassis-NAME.json",
        ) from error
