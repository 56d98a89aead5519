"""Schedules: due times on the days the clock changes, timers, and what is wrong with a file."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.errors import InputError
from orchestrator.schedule.export import crontab, on_calendar, units
from orchestrator.schedule.schedule import Schedule, read
from orchestrator.store.retention import Rules, pin, to_prune
from orchestrator.store.runs import RunDirectory

BASE = {"name": "nightly", "cron": "30 2 * * *", "zone": "Europe/Berlin", "playbook": "flow-capture", "devices": ["a"]}


def _schedule(**changes: object) -> Schedule:
    return Schedule.model_validate(BASE | changes)


def test_a_time_that_summer_time_skips_is_due_once_at_the_end_of_the_gap() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    due = [one.astimezone(UTC) for one in _schedule().after(before, 2)]
    assert due == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_a_time_that_comes_twice_in_autumn_is_due_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    due = [one.astimezone(UTC) for one in _schedule().after(before, 2)]
    assert due == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_the_latest_due_time_counts_the_present_second() -> None:
    moment = datetime(2026, 6, 1, 0, 30, tzinfo=UTC)
    assert _schedule().latest(moment).astimezone(UTC) == moment
    assert _schedule().latest(moment - timedelta(seconds=1)).astimezone(UTC) == moment - timedelta(days=1)


@pytest.mark.parametrize(
    ("cron", "lines"),
    [
        ("30 2 * * *", ["*-*-* 2:30:00 UTC"]),
        ("*/15 8-18 * * 1-5", ["Mon,Tue,Wed,Thu,Fri *-*-* 8..18:0/15:00 UTC"]),
        ("0 0 1,15 jan-mar *", ["*-1..3-1,15 0:0:00 UTC"]),
        ("0 12 13 * 5", ["*-*-13 12:0:00 UTC", "Fri *-*-* 12:0:00 UTC"]),
        ("5 4 * * sun", ["Sun *-*-* 4:5:00 UTC"]),
    ],
)
def test_cron_becomes_what_systemd_understands(cron: str, lines: list[str]) -> None:
    schedule = _schedule(cron=cron, zone="UTC")
    assert on_calendar(schedule) == lines
    if not shutil.which("systemd-analyze"):
        return
    now = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    elapses = []
    for line in lines:
        done = subprocess.run(
            ["systemd-analyze", "calendar", "--base-time", f"{now:%Y-%m-%d %H:%M:%S} UTC", line],
            capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        found = next(text for text in done.stdout.splitlines() if "Next elapse" in text)
        elapses.append(datetime.strptime(found.split(": ", 1)[1][4:23], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    assert min(elapses) == schedule.after(now)[0]


def test_units_catch_up_and_leave_time_for_the_teardown(tmp_path: Path) -> None:
    made = units(_schedule(jitter="90s"), ["orchestrator", "x y"], tmp_path)
    timer, service = made["orchestrator-nightly.timer"], made["orchestrator-nightly.service"]
    assert "Persistent=true" in timer
    assert "RandomizedDelaySec=90" in timer
    assert "TimeoutStopSec=300" in service
    assert "ExecStart=orchestrator 'x y'" in service
    assert "Persistent=false" in units(_schedule(catch_up="none"), ["o"], tmp_path)["orchestrator-nightly.timer"]
    if shutil.which("systemd-analyze"):
        for name, text in made.items():
            (tmp_path / name).write_text(text.replace("=orchestrator", "=/bin/true"))
        done = subprocess.run(["systemd-analyze", "verify", *(str(tmp_path / name) for name in made)],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert "Unknown" not in done.stderr
        assert "Failed to parse" not in done.stderr


def test_a_crontab_line_says_its_zone_and_escapes_percent(tmp_path: Path) -> None:
    assert crontab(_schedule(), ["o", "a%b"], tmp_path) == (
        f"CRON_TZ=Europe/Berlin\n30 2 * * * cd {tmp_path} && o a\\%b\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\ncron: nonsense\nplaybook: p\ndevices: [a]\n", ":2: cron: not a cron expression"),
        ("name: x\ncron: '* * * * *'\nzone: Mars/Base\nplaybook: p\ndevices: [a]\n", ":3: zone: not a time zone"),
        ("name: x\ncron: '* * * * *'\nplaybook: p\ndevices: []\n", ":4: devices"),
        ("name: x\ncolour: red\ncron: '* * * * *'\nplaybook: p\ndevices: [a]\n", ":2: colour"),
        ("name: [\n", "is not YAML"),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.yml").write_text(text)
    with pytest.raises(InputError, match=r"x\.yml") as caught:
        read(tmp_path)
    assert said in str(caught.value)


def test_retention_lets_the_oldest_go_and_never_what_is_needed(tmp_path: Path) -> None:
    runs = []
    for day in range(1, 7):
        path = tmp_path / f"202611{day:02}T000000-aaaaaa"
        path.mkdir()
        (path / "data").write_bytes(b"x" * 1000)
        runs.append(RunDirectory(path))
    now = datetime(2026, 11, 7, tzinfo=UTC)
    pin(runs[0], pinned=True)

    def gone(rules: Rules, owed: str = "") -> list[str]:
        return [one.run_id[6:8] for one in to_prune(runs, rules, now, lambda run: run == owed)]

    assert gone(Rules(runs=2)) == ["02", "03", "04"]
    assert gone(Rules(runs=2), owed=runs[2].run_id) == ["02", "04"]
    assert gone(Rules(age=timedelta(days=3))) == ["02", "03"]
    assert gone(Rules(size_bytes=3500)) == ["02", "03"]
    pin(runs[0], pinned=False)
    assert gone(Rules(runs=5)) == ["01"]
