"""Run directories: one folder a run, named by the run id, that tells the whole story.

::

    runs/20261123T161800-1a2b3c/
    ├── playbook.yml     the playbook as it was read
    ├── events.jsonl     what happened, one object a line, as it happened
    ├── result.json      the result
    ├── report.html      the same for a reader, junit.xml for a CI
    ├── manifest.json    every file with size and SHA-256, sealed by manifest.sha256
    ├── owner            pid of the process, locked as long as it lives
    └── edge-fw1/        artifacts of one device
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from orchestrator.errors import InputError
from orchestrator.model import tags
from orchestrator.store.paths import safe_name, state_directory, write_whole

FOLLOW_SECONDS = 0.2
_FILES = frozenset(
    "playbook.yml events.jsonl result.json report.html junit.xml manifest.json manifest.sha256 owner pinned".split()
)


def runs_directory(named: Path | None = None) -> Path:
    """The folder of run directories: the one named, else ``runs`` in the state directory."""
    path = named or state_directory() / "runs"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@dataclass(slots=True)
class RunDirectory:
    """One run's folder. Opening it for writing takes its owner lock; the kernel gives it back on any death."""

    path: Path
    _owner: IO[str] | None = field(default=None, repr=False)

    @classmethod
    def create(cls, runs: Path, run_id: str) -> RunDirectory:
        """Make the folder of a new run and hold its lock."""
        path = runs / run_id
        path.mkdir(mode=0o700)
        directory = cls(path)
        owner = (path / "owner").open("w", encoding="utf-8")
        fcntl.flock(owner, fcntl.LOCK_EX)
        owner.write(str(os.getpid()))
        owner.flush()
        directory._owner = owner
        return directory

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.path.name

    def device(self, name: str) -> Path:
        """Folder for the artifacts of a device."""
        folder = safe_name(name)
        path = self.path / (f"{folder}-device" if folder in _FILES else folder)
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def record(self, event: str, **data: Any) -> None:
        """Append to the story; never fails the run."""
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **data}
        try:
            with (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, default=str) + "\n")
        except OSError:
            pass  # a full disk must not stop a teardown

    def write(self, name: str, document: object) -> Path:
        """Write a JSON document whole."""
        path = self.path / name
        write_whole(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return path

    def result(self) -> dict[str, Any] | None:
        """The result, ``None`` while there is none."""
        try:
            document = json.loads((self.path / "result.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def owner_pid(self) -> int | None:
        """Process id of the run's owner while it lives, else ``None``."""
        try:
            with (self.path / "owner").open("r", encoding="utf-8") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read() or 0) or None
        except (OSError, ValueError):
            return None
        return None

    def follow(self) -> Iterator[dict[str, Any]]:
        """Yield the story from its beginning, and go on until the owner is gone."""
        position = 0
        path = self.path / "events.jsonl"
        while True:
            alive = self.owner_pid() is not None
            if path.exists():
                with path.open("r", encoding="utf-8") as file:
                    file.seek(position)
                    while (line := file.readline()).endswith("\n"):
                        position = file.tell()
                        with suppress(ValueError):  # half a line, from when the disk was full
                            yield json.loads(line)
            if not alive:
                return
            time.sleep(FOLLOW_SECONDS)

    def close(self) -> None:
        """Give the lock back."""
        if self._owner is not None:
            self._owner.close()
            self._owner = None


def all_runs(runs: Path) -> list[RunDirectory]:
    """Every run, oldest first."""
    return [RunDirectory(path) for path in sorted(runs.iterdir()) if tags.RUN_ID.fullmatch(path.name)]


def find_run(runs: Path, name: str) -> RunDirectory:
    """The run with that id, or the only one whose id begins or ends so; ``last`` is the newest.

    Raises:
        InputError: there is none, or more than one.
    """
    everything = all_runs(runs)
    if name == "last" and everything:
        return everything[-1]
    found = [run for run in everything if run.run_id.startswith(name) or run.run_id.endswith(name)]
    if len(found) == 1:
        return found[0]
    problem = f"{len(found)} runs match" if found else "there is no run"
    raise InputError(f"{problem} {name!r} in {runs}", hint="orchestrator runs list shows them")


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
