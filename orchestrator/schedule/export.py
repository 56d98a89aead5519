"""Timers of the host's own scheduler: systemd units, or crontab lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from orchestrator.schedule.schedule import Schedule

# Long enough for the teardown of a run that is told to stop: replies may take their time.
STOP_SECONDS = 300
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_DAY_NUMBERS = {day.lower(): number for number, day in enumerate(_DAYS)}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def units(schedule: Schedule, program: Sequence[str], folder: Path) -> dict[str, str]:
    """A service and a timer, by file name. ``program`` runs the schedule; ``folder`` is where it is run."""
    name = f"orchestrator-{schedule.name}"
    calendar = "\n".join(f"OnCalendar={line}" for line in on_calendar(schedule))
    return {
        f"{name}.service": (
            f"[Unit]\nDescription={schedule.about or schedule.name}\n\n"
            f"[Service]\nType=oneshot\nWorkingDirectory={folder}\nExecStart={shlex.join(program)}\n"
            f"KillSignal=SIGTERM\nTimeoutStopSec={STOP_SECONDS}\nSuccessExitStatus=1\n"
        ),
        f"{name}.timer": (
            f"[Unit]\nDescription=When {schedule.name} is due\n\n"
            f"[Timer]\n{calendar}\nRandomizedDelaySec={int(schedule.jitter.total_seconds())}\n"
            f"Persistent={'true' if schedule.catch_up == 'latest' else 'false'}\nAccuracySec=1s\n\n"
            f"[Install]\nWantedBy=timers.target\n"
        ),
    }


def crontab(schedule: Schedule, program: Sequence[str], folder: Path) -> str:
    """A crontab entry with its zone. cron catches nothing up; ``%`` is cron's own line end."""
    command = f"cd {shlex.quote(str(folder))} && {shlex.join(program)}".replace("%", r"\%")
    return f"CRON_TZ={schedule.zone}\n{schedule.cron} {command}\n"


def on_calendar(schedule: Schedule) -> list[str]:
    """The cron expression in systemd's words.

    cron joins a restricted day of the month and a restricted weekday by "or", systemd by "and": then there are two.
    """
    minute, hour, day, month, weekday = schedule.cron.lower().split()
    months = _field(month, 1, {name: number for number, name in enumerate(_MONTHS, 1)})
    clock = f"{_field(hour, 0)}:{_field(minute, 0)}:00 {schedule.zone}"
    by_day = f"*-{months}-{_last_day(day)} {clock}"
    by_weekday = f"{_weekdays(weekday)} *-{months}-* {clock}"
    if weekday == "*":
        return [by_day]
    return [by_weekday] if day == "*" else [by_day, by_weekday]


def _last_day(day: str) -> str:
    return "~01" if day == "l" else _field(day, 1)


def _field(text: str, low: int, names: dict[str, int] | None = None) -> str:
    def value(word: str) -> str:
        return str((names or {}).get(word, word))

    parts = []
    for part in text.split(","):
        body, _, step = part.partition("/")
        first, dash, last = body.partition("-")
        if body == "*":
            words = f"{low}/{step}" if step else "*"
        else:
            words = f"{value(first)}..{value(last)}" if dash else value(first)
            words = f"{words}/{step}" if step else words
        parts.append(words)
    return ",".join(parts)


def _weekdays(text: str) -> str:
    """Every weekday by name: systemd has no steps and no numbers there."""
    found: set[int] = set()
    for part in text.split(","):
        body, _, step = part.partition("/")
        first, dash, last = body.partition("-")
        if body == "*":
            low, high = 0, 6
        else:
            low = _day_number(first)
            high = _day_number(last) if dash else (6 if step else low)
            high += 7 if high < low else 0
        found |= {number % 7 for number in range(low, high + 1, int(step or 1))}
    return ",".join(_DAYS[number] for number in sorted(found))


def _day_number(word: str) -> int:
    return _DAY_NUMBERS[word] if word in _DAY_NUMBERS else int(word)
