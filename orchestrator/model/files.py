"""Files on a device, and files that came home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WINDOW = " (window)"  # ends the origin of a file that was cut from the one fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One entry of ``file list detail``. ``modified`` is epoch seconds; ``None`` where the listing is brief."""

    path: str
    size_bytes: int | None = None
    modified: int | None = None
    permissions: str = ""
    owner: str = ""
    group: str = ""
    is_directory: bool = False
    node: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def world_readable(self) -> bool:
        """Whether the permissions let anybody read it."""
        return len(self.permissions) >= 10 and self.permissions[7] == "r"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One retrieved file: where it lies, where it came from, how, and what proves it whole.

    ``device_checksum`` is what the device computed for the same bytes, empty where it could not be asked. ``phase``
    says whether it shows the device ``before`` the trace or ``after`` it (or during it, or where there is none).
    """

    path: Path
    origin: str
    method: str
    size_bytes: int
    sha256: str
    device_checksum: str = ""
    kind: str = ""
    phase: str = "after"
