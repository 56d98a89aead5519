"""``request packet-capture``: what we ask for and what the device says is set.

Facts: YANG 24.4R1 for the names; Juniper's page of the command for one capture at a time, the range of ``count`` and
its default of 100, and that a cluster captures on its primary node only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from orchestrator.model.flow import Network

COUNTS = (10, 1_000_000)
SNAPS = (68, 1500)  # of the configured capture; the range of this command is in no source
SIZES = (10240, 1073741824)  # of the trace file; the range of this command is in no source


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRequest:
    """Arguments of ``request packet-capture start``.

    ``count`` and ``size_bytes`` end the capture on the device, ``snap`` is how many bytes of each packet are kept.
    """

    name: str
    size_bytes: int
    count: int
    snap: int
    bidirectional: bool = True
    source_prefix: Network | None = None
    destination_prefix: Network | None = None
    source_port: int | None = None
    destination_port: int | None = None
    protocol: int | None = None
    interface: str | None = None

    @property
    def criteria(self) -> dict[str, object]:
        """The criteria that are set, by field name."""
        bounds = {"name", "size_bytes", "count", "snap", "bidirectional"}
        return {f.name: v for f in fields(self) if f.name not in bounds and (v := getattr(self, f.name)) is not None}

    @property
    def is_wide(self) -> bool:
        """Whether it takes everything: no criteria, or nothing but prefixes of length 0."""
        return all(getattr(value, "prefixlen", 1) == 0 for value in self.criteria.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFilter:
    """One entry of the status. Ports are printed as a range; ``extra`` holds leaves we have no field for."""

    source: str = ""
    source_ports: tuple[int | None, int | None] = (None, None)
    destination: str = ""
    destination_ports: tuple[int | None, int | None] = (None, None)
    protocol: str = ""
    interface: str = ""
    extra: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureStatus:
    """State of packet capture on one device, or on one ``node`` of a cluster. It has no owner field.

    ``enabled`` is ``None`` where the device does not say; the meaning of its number (0 for off) is in no source.
    ``said`` is whatever the device says in words.
    """

    enabled: bool | None = None
    file: str = ""
    count: int | None = None
    size_bytes: int | None = None
    rotate: int | None = None
    snap: int | None = None
    bidirectional: bool | None = None
    filters: tuple[CaptureFilter, ...] = ()
    said: str = ""
    node: str = ""

    @property
    def file_name(self) -> str:
        """Name of the capture file without its folder, empty when none is set."""
        return self.file.rpartition("/")[2]

    @property
    def is_running(self) -> bool:
        """Whether a capture runs; where the device does not say so, one that has filters is taken for running."""
        return bool(self.filters) if self.enabled is None else self.enabled
