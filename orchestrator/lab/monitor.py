"""The operational state machine of ``monitor security flow``: one per device, owned by nobody.

Confirmed (facts/flow.md 1, from Juniper's documentation, its YANG and a live 24.4R1-S2.9): ranges, the two ``start``
errors, silent success, filters surviving ``stop`` and lost at reboot, unnamed clear deleting all, exclusion with flow
traceoptions. What no source shows is taken from the persona's ``texts`` and is synthetic.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FILTER_NAME = re.compile(r"[A-Za-z0-9._-]+")
FILE_NAME = re.compile(r"[^/% ]{1,1024}")
SIZE_RANGE = (10240, 1073741824)
FILES_RANGE = (2, 1000)
DEFAULT_FILES = 3
DEFAULT_SIZE = 128 * 1024  # synthetic: the size without the argument is not documented for the monitor verb

# Unconfirmed texts, replaceable by a persona.
SYNTHETIC_TEXTS = {
    "traceoptions-active": "error: flow traceoptions is running, monitoring of security flow is blocked.",
    "double-start": "",
    "filters-cleared": "",
    "bad-value": "invalid value '{value}' (range {low} to {high})",
    "filter-limit": "error: maximum number of monitor security flow filters reached.",
    "no-such-filter": "",
}
MAX_FILTERS = 64  # synthetic: borrowed from the configuration's packet-filter limit


class MonitorError(Exception):
    """The device refuses; the message is what it prints."""


@dataclass(frozen=True, slots=True)
class PacketView:
    """What a filter looks at: the packet as it arrives."""

    source: str
    destination: str
    source_port: int
    destination_port: int
    protocol: int
    interface: str
    logical_system: str = "root-logical-system"


@dataclass(slots=True)
class Filter:
    """One filter; ``criteria`` are the CLI keywords and values it was given."""

    name: str
    criteria: dict[str, str]
    protocol: int | None = None
    source: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    destination: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None

    def matches(self, packet: PacketView) -> bool:
        """Whether every criterion holds."""
        if self.protocol is not None and packet.protocol != self.protocol:
            return False
        for prefix, address in ((self.source, packet.source), (self.destination, packet.destination)):
            if prefix is not None and ipaddress.ip_address(address) not in prefix:
                return False
        wanted = {
            "source-port": str(packet.source_port),
            "destination-port": str(packet.destination_port),
            "interface": packet.interface,
            "logical-system": packet.logical_system,
        }
        return all(self.criteria.get(keyword, value) == value for keyword, value in wanted.items())


@dataclass(slots=True)
class TraceFile:
    """The file that ``monitor security flow file`` set; nothing un-sets it."""

    name: str
    size_bytes: int = DEFAULT_SIZE
    files: int = DEFAULT_FILES
    match: str | None = None
    world_readable: bool = False

    @property
    def path(self) -> str:
        """Where it is written."""
        return f"/var/log/{self.name}"


@dataclass(slots=True)
class Monitor:
    """File, filters, and whether monitoring runs."""

    texts: Mapping[str, str] = field(default_factory=dict)
    file: TraceFile | None = None
    filters: dict[str, Filter] = field(default_factory=dict)
    active: bool = False
    traceoptions_on: bool = False

    def text(self, key: str, **values: object) -> str:
        """A text that no source confirms."""
        return self.texts.get(key, SYNTHETIC_TEXTS[key]).format(**values)

    def set_file(self, file: TraceFile) -> None:
        """``monitor security flow file``."""
        if not FILE_NAME.fullmatch(file.name):
            raise MonitorError("Must not contain '/', % or a space")
        for value, (low, high) in ((file.size_bytes, SIZE_RANGE), (file.files, FILES_RANGE)):
            if not low <= value <= high:
                raise MonitorError(self.text("bad-value", value=value, low=low, high=high))
        self.file = file

    def set_filter(self, new: Filter) -> None:
        """``monitor security flow filter``; a filter of the same name is replaced (synthetic)."""
        if not FILTER_NAME.fullmatch(new.name):
            raise MonitorError("Must be a string of letters, numbers, dashes or underscores")
        if new.name not in self.filters and len(self.filters) >= MAX_FILTERS:
            raise MonitorError(self.text("filter-limit"))
        self.filters[new.name] = new

    def start(self) -> str:
        """``monitor security flow start``; returns what it prints, nothing on success."""
        if self.traceoptions_on:
            raise MonitorError(self.text("traceoptions-active"))
        if self.file is None:
            raise MonitorError("error: Please specify the monitor flow trace file.")
        if not self.filters:
            raise MonitorError("error: Please specify monitor security flow filter.")
        if self.active:
            return self.text("double-start")
        self.active = True
        return ""

    def stop(self) -> None:
        """``monitor security flow stop``; silent, also when nothing runs. Filters stay."""
        self.active = False

    def clear(self, name: str | None) -> str:
        """``clear monitor security flow filter [NAME]``; without a name every filter goes, whoever made it."""
        if name is None:
            self.filters.clear()
            return self.text("filters-cleared")
        if self.filters.pop(name, None) is None:
            return self.text("no-such-filter")
        return self.text("filters-cleared")

    def reboot(self) -> None:
        """Filters and the running state are lost; the file setting too (synthetic: only filters are documented)."""
        self.filters.clear()
        self.active = False
        self.file = None

    def matching(self, packet: PacketView) -> list[Filter]:
        """Filters that take a packet while monitoring runs."""
        if not self.active:
            return []
        return [one for one in self.filters.values() if one.matches(packet)]

    def status(self) -> str:
        """What ``show monitor security flow`` prints."""
        state = "Active" if self.active else "Inactive"
        path = self.file.path if self.file else ""
        lines = [
            f"Monitor security flow session status: {state}",
            f"Monitor security flow trace file: {path}".rstrip(),
            f"Monitor security flow filters: {len(self.filters)}",
        ]
        for one in self.filters.values():
            lines += self._status_of(one, state)
        return "\n".join(lines) + "\n"

    @staticmethod
    def _status_of(one: Filter, state: str) -> list[str]:
        def ports(keyword: str) -> str:
            port = one.criteria.get(keyword)
            return f"port {port}~{port}" if port else "port 0~65535"

        lines = [
            f"  Name: {one.name}",
            f"    Status: {state}",
            f"    Source: {one.source or '0.0.0.0/0'} ({ports('source-port')})",
            f"    Destination: {one.destination or '0.0.0.0/0'} ({ports('destination-port')})",
        ]
        if "protocol" in one.criteria:
            lines.append(f"    Protocol: {one.criteria['protocol']}")
        lines.append(f"    Logical system: {one.criteria.get('logical-system', 'root-logical-system')}")
        lines.append(f"    Interface: {one.criteria.get('interface', 'None')}")
        return lines
