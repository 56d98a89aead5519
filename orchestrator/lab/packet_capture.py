"""The operational state machine of ``request packet-capture``: one capture a device, owned by nobody.

Confirmed: names of arguments and status leaves (YANG 24.4R1), one capture at a time which must be stopped before the
next, 10 to 1000000 packets with 100 as default, longer packets are cut (Juniper's page of the command). Everything else
is in no source and synthetic: a persona's ``packet_capture`` and ``texts`` change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from orchestrator.lab.clock import Clock
from orchestrator.lab.datapath.outcome import Outcome
from orchestrator.lab.datapath.packet import Packet
from orchestrator.lab.filesystem import DiskFullError, Filesystem
from orchestrator.lab.monitor import FILE_NAME, Filter
from orchestrator.lab.pcap_file import Link, file_header, record

COUNTS = (10, 1_000_000)
DEFAULT_COUNT = 100
DEFAULT_SIZE = 1024 * 1024
DEFAULT_SNAP = 1500
DEFAULT_NAME = "packet-capture"
LOCAL_PREFIX = ".local"

SYNTHETIC_TEXTS = {
    "capture-started": "Packet capture started.",
    "capture-stopped": "Packet capture stopped.",
    "capture-runs": "error: packet capture is already running, stop it first.",
    "capture-idle": "Packet capture is not running.",
    "capture-bad-name": "error: invalid capture file name.",
}


class CaptureError(Exception):
    """The device refuses; the message is what it prints."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What one start asked for; ``criteria`` are the keywords as they were given."""

    name: str = DEFAULT_NAME
    size_bytes: int = DEFAULT_SIZE
    snap: int = DEFAULT_SNAP
    count: int = DEFAULT_COUNT
    bidirectional: bool = False
    criteria: Filter = field(default_factory=lambda: Filter("", {}))


@dataclass(slots=True)
class PacketCapture:
    """The capture of one device.

    ``sightings``: whether a packet is written where it arrives and where it leaves once either matches (``both``), or
    only where it matches by itself (``matching``): a translated packet then does not show on its other side.
    """

    filesystem: Filesystem
    clock: Clock
    link: Link = "juniper-ethernet"
    folder: str = "/var/log"
    sightings: str = "both"
    texts: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = False
    setting: Setting | None = None
    written: int = 0
    lost: int = 0
    _since: float = 0.0

    def text(self, key: str) -> str:
        """A text that no source confirms."""
        return self.texts.get(key, SYNTHETIC_TEXTS[key])

    @property
    def path(self) -> str:
        """Where the file lies."""
        return f"{self.folder}/{self.setting.name}" if self.setting else ""

    def start(self, setting: Setting) -> str:
        """``request packet-capture start``: a file of that name is begun anew."""
        if self.enabled:
            raise CaptureError(self.text("capture-runs"))
        if not FILE_NAME.fullmatch(setting.name):
            raise CaptureError(self.text("capture-bad-name"))
        self.setting, self.enabled, self.written, self._since = setting, True, 0, self.clock.now()
        self.filesystem.delete(self.path)
        self._append(file_header(self.link, setting.snap))
        return self.text("capture-started")

    def stop(self) -> str:
        """``request packet-capture stop``, whoever started it; the file stays."""
        was, self.enabled = self.enabled, False
        return self.text("capture-stopped" if was else "capture-idle")

    def reboot(self) -> None:
        """The capture and its setting are lost, the file stays."""
        self.enabled, self.setting = False, None

    def see(self, outcome: Outcome) -> None:
        """Look at a packet that went through the device."""
        if not self.enabled or self.setting is None or outcome.packet.time < self._since:
            return
        shown = [(outcome.packet, True)] if not outcome.packet.interface.startswith(LOCAL_PREFIX) else []
        if outcome.forwarded is not None:
            came, goes = outcome.packet, outcome.forwarded
            shown.append((replace(goes, sequence=came.sequence, data_bytes=came.data_bytes), False))
        matching = [(packet, arrives) for packet, arrives in shown if self._takes(packet)]
        for packet, arrives in shown if matching and self.sightings == "both" else matching:
            self._write(packet, arrives=arrives)

    def _takes(self, packet: Packet) -> bool:
        assert self.setting is not None
        criteria = self.setting.criteria
        if criteria.matches(packet.view()):
            return True
        if not self.setting.bidirectional:
            return False
        turned = replace(
            packet, source=packet.destination, source_port=packet.destination_port,
            destination=packet.source, destination_port=packet.source_port,
        )  # fmt: skip
        return criteria.matches(turned.view())

    def _write(self, packet: Packet, *, arrives: bool) -> None:
        assert self.setting is not None
        if not self.enabled:
            return
        data = record(packet, self.link, self.setting.snap, arrives=arrives)
        file = self.filesystem.get(self.path)
        if (len(file.data) if file else 0) + len(data) > self.setting.size_bytes:
            self.enabled = False  # full: whether a device stops or begins another file is in no source
            return
        self._append(data)
        self.written += 1
        if self.written >= self.setting.count:
            self.enabled = False

    def _append(self, data: bytes) -> None:
        try:
            self.filesystem.append(self.path, data, mode=0o644)
        except DiskFullError:
            self.lost += 1

    def inspect(self) -> dict[str, object]:
        """What the control socket tells."""
        return {
            "active": self.enabled,
            "file": self.setting.name if self.setting else None,
            "packets": self.written,
            "lost": self.lost,
        }
