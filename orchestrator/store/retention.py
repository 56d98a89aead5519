"""Which run directories may go. What is pinned, running or still owed to a device never does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.model.tags import Tag
from orchestrator.store.runs import RunDirectory

PIN = "pinned"


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays: the newest that fit every rule; ``None`` does not limit."""

    runs: int | None = None
    age: timedelta | None = None
    size_bytes: int | None = None


def pin(run: RunDirectory, *, pinned: bool) -> None:
    """Keep a run for ever, or no longer."""
    if pinned:
        (run.path / PIN).touch(mode=0o600)
    else:
        (run.path / PIN).unlink(missing_ok=True)


def size_of(run: RunDirectory) -> int:
    """Bytes of everything in the folder."""
    return sum(path.lstat().st_size for path in run.path.rglob("*") if path.is_file())


def to_prune(
    runs: Iterable[RunDirectory], rules: Rules, now: datetime, needed: Callable[[str], bool]
) -> list[RunDirectory]:
    """Runs that a rule lets go, oldest first. ``needed`` says whether a device is still owed by a run."""
    kept = total = 0
    gone = []
    for run in sorted(runs, key=lambda one: one.run_id, reverse=True):
        started = Tag(run.run_id, timedelta(0), "x").started
        size = size_of(run)
        fits = (
            (rules.runs is None or kept < rules.runs)
            and (rules.age is None or now.astimezone(UTC) - started <= rules.age)
            and (rules.size_bytes is None or total + size <= rules.size_bytes)
        )
        if fits or (run.path / PIN).exists() or run.owner_pid() is not None or needed(run.run_id):
            kept += 1
            total += size
        else:
            gone.append(run)
    return gone[::-1]


def prune(runs: Iterable[RunDirectory]) -> None:
    """Remove run directories."""
    for run in runs:
        shutil.rmtree(run.path)
