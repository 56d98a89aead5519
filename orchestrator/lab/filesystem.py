"""The device's files: ``/var/log``, ``/var/tmp`` and a few of ``/etc``, in memory."""

from __future__ import annotations

import fnmatch
import gzip
import posixpath
from dataclasses import dataclass, field

from orchestrator.lab.clock import Clock


class DiskFullError(Exception):
    """``/var`` has no room: what a writer on the device meets as ENOSPC."""


@dataclass(slots=True)
class File:
    """One file. ``modified`` is lab time in epoch seconds."""

    data: bytearray = field(default_factory=bytearray)
    owner: str = "root"
    group: str = "wheel"
    mode: int = 0o640
    modified: float = 0.0

    @property
    def permissions(self) -> str:
        """As ``ls -l`` writes them."""
        letters = ((self.mode >> shift & 7) for shift in (6, 3, 0))
        return "-" + "".join("r-"[not n & 4] + "w-"[not n & 2] + "x-"[not n & 1] for n in letters)


class Filesystem:
    """Paths to files. Directories exist where files lie, and the standard ones always."""

    STANDARD = ("/", "/var", "/var/log", "/var/tmp", "/var/home", "/etc", "/usr/share")  # noqa: S108 - the device's

    def __init__(self, clock: Clock, capacity_bytes: int = 13 * 1024**3) -> None:
        self._clock = clock
        self.capacity_bytes = capacity_bytes
        self.used_elsewhere_bytes = 2 * 1024**3
        self.full = False  # the fault: no writer gets another byte
        self.files: dict[str, File] = {}

    def append(self, path: str, data: bytes, *, mode: int = 0o640, owner: str = "root") -> None:
        """Add to a file, creating it.

        Raises:
            DiskFullError: there is no room.
        """
        if self.full or self.used_bytes() + len(data) > self.capacity_bytes:
            raise DiskFullError(path)
        file = self.files.get(path)
        if file is None:
            file = self.files[path] = File(mode=mode, owner=owner)
        file.data += data
        file.modified = self._clock.now()

    def rotate(self, path: str, keep: int) -> None:
        """Rename ``name`` to ``name.0.gz`` and shift the older ones; ``keep`` files in all, the newest included."""
        oldest = keep - 2
        self.files.pop(f"{path}.{oldest}.gz", None)
        for number in range(oldest - 1, -1, -1):
            if (archive := self.files.pop(f"{path}.{number}.gz", None)) is not None:
                self.files[f"{path}.{number + 1}.gz"] = archive
        file = self.files.pop(path, None)
        if file is not None and keep > 1:
            file.data = bytearray(gzip.compress(bytes(file.data), compresslevel=1, mtime=0))
            self.files[f"{path}.0.gz"] = file

    def delete(self, path: str) -> bool:
        """Remove a file; ``False`` when there is none."""
        return self.files.pop(path, None) is not None

    def get(self, path: str) -> File | None:
        """The file at a path."""
        return self.files.get(posixpath.normpath(path))

    def is_directory(self, path: str) -> bool:
        """Whether the path is a directory."""
        path = posixpath.normpath(path)
        return path in self.STANDARD or any(name.startswith(path + "/") for name in self.files)

    def folders(self, path: str) -> list[str]:
        """Names of the directories right below one."""
        prefix = posixpath.normpath(path).rstrip("/") + "/"
        known = [*self.STANDARD, *(posixpath.dirname(name) for name in self.files)]
        below = {name.removeprefix(prefix).partition("/")[0] for name in known if name.startswith(prefix)}
        return sorted(below - {""})

    def matching(self, pattern: str) -> list[str]:
        """Paths of files that a shell pattern names; ``*`` does not cross a ``/``."""
        folder, _, name = posixpath.normpath(pattern).rpartition("/")
        inside = [path for path in self.files if path.rpartition("/")[0] == folder]
        return sorted(path for path in inside if fnmatch.fnmatchcase(path.rpartition("/")[2], name))

    def used_bytes(self) -> int:
        """Bytes taken on ``/var``."""
        return self.used_elsewhere_bytes + sum(len(file.data) for file in self.files.values())
