"""Schedules from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the program in a folder with one schedule."""
    folder = tmp_path / "schedules"
    folder.mkdir()
    (folder / "n.yml").write_text(
        "name: nightly\ncron: '30 2 1 1 *'\nwindow: 1m\nplaybook: flow-capture\ndevices: [edge]\n"
    )

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestrator", *words], cwd=tmp_path, capture_output=True, text=True, check=False,
            env=os.environ | {"ORCHESTRATOR_STATE": str(tmp_path / "state")}, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    return call


def test_schedules_are_listed_with_their_next_time(run: Run) -> None:
    [row] = json.loads(run("schedule", "list", "--format", "json").stdout)
    assert (row["schedule"], row["next"][4:16]) == ("nightly", "-01-01T02:30")
    assert len(run("schedule", "next", "nightly", "-n", "3").stdout.splitlines()) == 3


def test_a_run_past_its_window_is_recorded_as_missed_and_not_run(run: Run) -> None:
    done = run("schedule", "run-now", "nightly", "--due")
    assert done.returncode == 0
    assert "past its window" in done.stderr
    assert json.loads(run("schedule", "list", "--format", "json").stdout)[0]["ended"] == "missed"


def test_what_could_not_be_done_is_recorded_too(run: Run) -> None:
    done = run("schedule", "run-now", "nightly")
    assert done.returncode == 2, done.stderr
    assert json.loads(run("schedule", "list", "--format", "json").stdout)[0]["ended"] == "not done"


def test_units_are_written_to_a_folder(run: Run, tmp_path: Path) -> None:
    assert run("schedule", "export", "--systemd", "--into", "units").returncode == 0
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == [
        "orchestrator-nightly.service", "orchestrator-nightly.timer",
    ]  # fmt: skip
    assert "CRON_TZ=UTC" in run("schedule", "export", "nightly", "--cron").stdout
    assert run("schedule", "export").returncode == 2


def test_pruning_needs_a_rule_and_can_be_tried_first(run: Run, tmp_path: Path) -> None:
    old = tmp_path / "state/runs/20260101T000000-abcdef"
    old.mkdir(parents=True)
    assert run("runs", "prune").returncode == 2
    assert "would remove" in run("runs", "prune", "--older-than", "24h", "--dry-run").stdout
    assert old.is_dir()
    assert run("runs", "pin", "20260101T000000-abcdef").returncode == 0
    assert "nothing to remove" in run("runs", "prune", "--keep", "0").stderr
    assert run("runs", "pin", "--off", "20260101T000000-abcdef").returncode == 0
    assert "removed" in run("runs", "prune", "--keep", "0").stdout
    assert not old.exists()
