"""``system_log``: bring home the window of a log file that matters."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from orchestrator.driver.base import Rpc
from orchestrator.driver.operations import log_configuration, system
from orchestrator.errors import CommandError, RefusedError, RetrievalError
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import WINDOW, Artifact
from orchestrator.model.quantities import in_words
from orchestrator.model.system_log import LogRecord
from orchestrator.parsers import system_log
from orchestrator.parsers.source import Source
from orchestrator.playbook.fields import Duration
from orchestrator.retrieval import retrieval
from orchestrator.steps.step import Bench, Outcome, Planned
from orchestrator.store.paths import safe_name
from orchestrator.store.runs import sha256

CONFIGURED = "configured"
USUAL = "messages"
_STRUCTURED = re.compile(r"(?:<\d{1,3}>)?1 (\d{4}-\d\d-\d\dT\S+) ")  # RFC 5424
SLACK = timedelta(seconds=2)  # a log's stamps have whole seconds, and its writer is a moment behind


class Args(Arguments):
    """Which log of ``/var/log``, and how far back from now on the device's own clock."""

    file: str = Field(
        default="messages", pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@=-]{0,127}$",
        description="a log, or 'configured': the one that RT_FLOW goes to, by the configuration",
    )  # fmt: skip
    since: Duration | Literal["run"] = Field(
        default=timedelta(minutes=5), description="length of the window; run: since the run began"
    )
    optional: bool = Field(default=False, description="a log that cannot be had is a note, not a failure")
    save: str = Field(default="log", pattern=r"^[a-z0-9-]{1,32}$")


def run(args: Args, bench: Bench) -> Outcome:
    """Fetch the log, keep the lines of the window. A line whose time cannot be read goes with the one before."""
    place = _place(args, bench)
    if not place.file:
        if not args.optional:
            raise RefusedError(place.note, device=bench.device.name, hint="file names a log of the device")
        return Outcome(notes=[place.note], data={"not_local": True})
    try:
        whole = _whole(bench, f"/var/log/{place.file}")
    except (CommandError, RetrievalError) as error:
        if not args.optional:
            raise
        return Outcome(notes=[f"{place.file} could not be read: {error.message}"])
    now = system.clock(bench.driver) or datetime.now(UTC)
    since = timedelta(seconds=time.monotonic() - bench.begun) + SLACK if args.since == "run" else args.since
    path = bench.folder / safe_name(f"{place.file}.{args.save}.window")
    lines = 0
    with path.open("w", encoding="utf-8") as window:
        for line in _window(whole.path, now - since, now):
            window.write(line)
            lines += 1
    records: list[LogRecord] = list(system_log.parse(Source.of_path(path))) if lines else []
    span = in_words(timedelta(seconds=round(since.total_seconds())))
    bench.say(f"{place.file}: {lines} line{'s' * (lines != 1)} of the last {span}")
    bench.saved[args.save] = records
    artifact = Artifact(
        path=path, origin=f"{whole.origin}{WINDOW}", method="cut from the fetched file",
        size_bytes=path.stat().st_size, sha256=sha256(path), kind="system_log",
    )  # fmt: skip
    return Outcome(
        artifacts=[whole, artifact], data={"save": args.save, "file": place.file, "lines": lines}, records=[*records],
        notes=[place.note] if place.note else [],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """The log to read, empty when there is none, and what the reader should know of the choice."""

    file: str
    note: str = ""


def _place(args: Args, bench: Bench) -> _Place:
    if args.file != CONFIGURED:
        return _Place(args.file)
    configuration = log_configuration.log_configuration(bench.driver)
    if configuration is None:
        return _Place(USUAL, f"this user may not read where RT_FLOW goes: {USUAL} is read, which may not hold it")
    logs = configuration.session_logs
    if not logs.files:
        return _Place("", logs.nowhere_here)
    if logs.certain:
        return _Place(logs.files[0])
    return _Place(logs.files[0], f"the configuration names no log mode: {logs.files[0]} holds RT_FLOW if it is event")


def _whole(bench: Bench, path: str) -> Artifact:
    """The log as it is; one that grows too fast for its checksum to hold is taken as it was at one moment."""
    try:
        return retrieval.bring(bench.driver, path, bench.folder, kind="system_log")
    except retrieval.ChangedError:
        return next(
            one
            for one in retrieval.snapshot(bench.driver, path, bench.folder, kind="system_log")
            if one.origin.endswith(path)
        )


def _window(path: Path, begin: datetime, now: datetime) -> Iterator[str]:
    inside = False
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            stamp = _stamp(line, now)
            if stamp is not None:
                inside = stamp >= begin.replace(microsecond=0)
            if inside:
                yield line


def _stamp(line: str, now: datetime) -> datetime | None:
    """Time of a line in the device's own zone; the traditional stamp has no year."""
    if (whole := _STRUCTURED.match(line)) is not None:
        try:
            exact = datetime.fromisoformat(whole.group(1))
        except ValueError:
            return None
        return exact if exact.tzinfo else exact.replace(tzinfo=now.tzinfo)
    try:
        stamp = datetime.strptime(f"{now.year} {line[:15]}", "%Y %b %d %H:%M:%S").replace(tzinfo=now.tzinfo)
    except ValueError:
        return None
    return stamp.replace(year=now.year - 1) if stamp > now + timedelta(days=1) else stamp


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """The device's clock and a copy; before them where the log goes, when the configuration is to say it."""
    del tag
    named = args.file != CONFIGURED
    asked = [] if named else [Planned(str(one)) for one in log_configuration.REQUESTS]
    copy = Planned(f"scp -f /var/log/{args.file if named else 'FILE-OF-RT_FLOW'}")
    return [*asked, Planned(str(Rpc("get-system-uptime-information"))), copy]
