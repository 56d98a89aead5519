"""A folder with one index: its manifest, its lock, and the tables of the generation the manifest names.

A build writes new tables beside the old ones, then replaces the manifest in one rename. Whoever dies before that
leaves files that no manifest names; the next build removes them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from orchestrator.errors import InputError, OrchestratorError

MANIFEST = "manifest.json"
VERSION = 1
_LOCK = ".lock"
_SAMPLE_BYTES = 1 << 16


@dataclass(slots=True)
class IndexedFile:
    """One archive that went in. ``mark`` tells its content from others by size, begin and end."""

    number: int
    path: str
    size: int
    mark: str
    lines: int = 0
    sessions: int = 0
    unread: int = 0
    damage: str = ""


@dataclass(slots=True)
class Manifest:
    """What an index holds; ``tables`` maps ``leases`` and ``sessions`` to files of the folder."""

    generation: int = 0
    tables: dict[str, str] = field(default_factory=dict)
    files: list[IndexedFile] = field(default_factory=list)


def read(folder: Path) -> Manifest:
    """The manifest; an empty one where there is none yet.

    Raises:
        InputError: it is damaged, or of another version.
    """
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_text())
    except FileNotFoundError:
        return Manifest()
    except ValueError as error:
        raise InputError("this manifest is damaged", path=path, hint="build the index again in a new folder") from error
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise InputError(f"this index is not of version {VERSION}", path=path, hint="build the index again")
    return Manifest(said["generation"], said["tables"], [IndexedFile(**one) for one in said["files"]])


def publish(folder: Path, manifest: Manifest) -> None:
    """Make the new generation the one that is read, and remove what no manifest names any more."""
    path = folder / MANIFEST
    text = json.dumps({"version": VERSION, **asdict(manifest)}, indent=1)
    fresh = path.with_suffix(".new")
    with fresh.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sweep(folder, manifest)


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove the tables of other generations: of the one before, and of builds that were killed."""
    named = set(manifest.tables.values())
    for one in folder.glob("*.parquet*"):
        if one.name not in named:
            one.unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only writer of the folder; the kernel lets go when the process ends, however it ends.

    Raises:
        OrchestratorError: another process writes there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OrchestratorError(
                f"{folder}: another process is indexing into this folder",
                hint="wait for it, or give --into a folder of its own; several are asked together",
            ) from error
        yield
    finally:
        os.close(handle)


def under(folder: Path) -> list[Path]:
    """The folder when it is an index, else the indexes right below it.

    Raises:
        InputError: there is none.
    """
    if (folder / MANIFEST).is_file():
        return [folder]
    below = sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))
    if not below:
        raise InputError(
            "there is no index here", path=folder, hint="build one: orchestrator logs index FILE... --into DIR"
        )
    return below


def mark_of(path: Path) -> str:
    """A fingerprint that a rename does not change: size, first and last bytes."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        found = hashlib.blake2b(stream.read(_SAMPLE_BYTES), digest_size=16)
        stream.seek(max(0, size - _SAMPLE_BYTES))
        found.update(stream.read(_SAMPLE_BYTES))
    return f"{size}-{found.hexdigest()}"
