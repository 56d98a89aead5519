"""``fetch``: bring a file of ``/var/log`` or ``/var/tmp`` home. It deletes nothing."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from pathlib import Path

from pydantic import Field, field_validator

from orchestrator.driver import guard
from orchestrator.driver.base import Driver, Rpc
from orchestrator.driver.operations import files
from orchestrator.errors import GuardError, RetrievalError
from orchestrator.model.arguments import Arguments
from orchestrator.model.files import Artifact
from orchestrator.retrieval import retrieval
from orchestrator.steps.step import Bench, Outcome, Planned


class Args(Arguments):
    """Which file: a path, or a pattern in its last part. ``rotated`` takes the archives along."""

    path: str = Field(description="/var/log/messages, /var/tmp/core-*, ...")
    rotated: bool = True

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        if "/" not in path:
            path = f"/var/log/{path}"
        try:
            guard.admit_path(path.replace("*", "x").replace("?", "x"))
        except GuardError as error:
            raise ValueError(f"{error.message} ({error.hint})") from error
        return path


def run(args: Args, bench: Bench) -> Outcome:
    """Find what the path means, and bring each file home."""
    return Outcome(artifacts=bring_home(bench.driver, args, bench.folder, bench.say))


def bring_home(driver: Driver, args: Args, into: Path, say: Callable[[str], None]) -> list[Artifact]:
    """Bring every file the arguments mean into a folder."""
    artifacts = []
    for path in _meant(driver, args):
        if not _is_readable(path):
            say(f"left out: {path!r} has a name that may not be put into a command")
            continue
        say(f"fetching {path}")
        artifacts.append(retrieval.bring(driver, path, into, kind="file"))
    return artifacts


def _is_readable(path: str) -> bool:
    try:
        guard.admit_path(path)
    except GuardError:
        return False
    return True


def _meant(driver: Driver, args: Args) -> list[str]:
    folder, _, name = args.path.rpartition("/")
    if "*" in name or "?" in name:
        found = [
            f"{folder}/{file.name}" for file in files.listing(driver, f"{folder}/")
            if not file.is_directory and fnmatch.fnmatchcase(file.name, name)
        ]  # fmt: skip
    elif args.rotated:
        found = [file.path for file in retrieval.rotated_set(driver, args.path)]
    else:
        found = [args.path]
    if not found:
        raise RetrievalError(
            "there is no such file", device=driver.device.name, path=args.path,
            hint=f"orchestrator show files {driver.device.name} lists them",
        )  # fmt: skip
    return found


def plan(args: Args, tag: Callable[[str], str]) -> list[Planned]:
    """A listing and a copy."""
    del tag
    return [
        Planned(str(Rpc("file-list", (("path", f"{args.path}*"), ("detail", None))))),
        Planned(f"scp -f {args.path}"),
    ]
