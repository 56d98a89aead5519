"""A schedule: which playbook on which devices, when, and what to do when it cannot."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from orchestrator.errors import InputError
from orchestrator.model.arguments import Arguments
from orchestrator.playbook.fields import Duration, SizeBytes

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class Keep(Arguments):
    """Which run directories of a schedule stay: the newest that fit all of these. Pinned ones always do."""

    runs: int | None = Field(default=None, ge=1)
    age: Duration | None = None
    size: SizeBytes | None = None


class Schedule(Arguments):
    """One file of ``schedules/``."""

    name: str
    about: str = ""
    cron: str = Field(description="minute hour day month weekday")
    zone: str = Field(default="UTC", description="IANA time zone of the cron expression")
    jitter: Duration = Field(default=timedelta(0), description="a random delay of at most this")
    window: Duration = Field(default=timedelta(hours=1), description="how late a run may still begin")
    playbook: str
    devices: list[str] = Field(min_length=1)
    variables: dict[str, str] = Field(default_factory=dict)
    overlap: Literal["refuse", "wait"] = Field(default="refuse", description="when a run of ours holds the device")
    catch_up: Literal["latest", "none"] = Field(default="latest", description="after the host was off")
    keep: Keep = Field(default_factory=Keep)

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("a name is made of small letters, digits and dashes")
        return name

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"not a time zone: {zone!r} (write Europe/Berlin or UTC)") from error
        return zone

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, cron: str) -> str:
        try:
            CronSim(cron, datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(f"not a cron expression: {cron!r} ({error})") from error
        if len(cron.split()) != 5:
            raise ValueError(f"a cron expression has five fields: {cron!r}")
        return cron

    def after(self, moment: datetime, count: int = 1) -> list[datetime]:
        """The next due times, in the schedule's zone.

        A time that a change to summer time skips is due at the end of the gap, one that comes twice is due once.
        """
        times = CronSim(self.cron, moment.astimezone(ZoneInfo(self.zone)))
        return [next(times) for _ in range(count)]

    def latest(self, moment: datetime) -> datetime:
        """The last time it was due, at or before a moment."""
        return next(CronSim(self.cron, moment.astimezone(ZoneInfo(self.zone)) + timedelta(seconds=1), reverse=True))


def read(folder: Path) -> dict[str, Schedule]:
    """Read every schedule of a folder, by name.

    Raises:
        InputError: there is no folder, a file is wrong, or a name stands twice; with file and line.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", path=folder, hint="schedules are YAML files in schedules/")
    found: dict[str, Schedule] = {}
    for path in sorted((*folder.glob("*.yml"), *folder.glob("*.yaml"))):
        schedule = _read_one(path)
        if schedule.name in found:
            raise InputError(f"a second schedule is called {schedule.name}", path=path, hint="names must differ")
        found[schedule.name] = schedule
    return found


def _read_one(path: Path) -> Schedule:
    try:
        document = YAML(typ="rt").load(path.read_text("utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(f"is not YAML: {error.problem}", path=path, line=mark.line + 1 if mark else 0) from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", path=path) from error
    try:
        return Schedule.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        line = 0
        if isinstance(document, dict) and first["loc"] and first["loc"][0] in document:
            line = int(document.lc.key(first["loc"][0])[0]) + 1  # type: ignore[attr-defined]  # a ruamel mapping
        raise InputError(
            f"{place}: {first['msg'].removeprefix('Value error, ')}", path=path, line=line,
            hint=f"keys: {', '.join(Schedule.model_fields)}",
        ) from error  # fmt: skip


def find(schedules: dict[str, Schedule], name: str) -> Schedule:
    """A schedule by name.

    Raises:
        InputError: there is none.
    """
    if name not in schedules:
        raise InputError(f"there is no schedule {name}", hint=f"there are: {', '.join(schedules) or 'none'}")
    return schedules[name]
