"""``monitor security flow``: what we ask for and what the device says is set."""

from __future__ import annotations

from dataclasses import dataclass, fields

from orchestrator.model.flow import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFile:
    """Arguments of ``monitor security flow file``; the file lies in ``/var/log``.

    Ranges are those of 24.4 (facts: size 10240..1073741824 bytes, files 2..1000).
    """

    name: str
    size_bytes: int | None = None
    files: int | None = None
    match: str | None = None
    world_readable: bool | None = None

    @property
    def path(self) -> str:
        """Where the device writes it."""
        return f"/var/log/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFilter:
    """Arguments of ``monitor security flow filter``. Criteria in one filter are ANDed, filters are ORed.

    Addresses are those of the packet as it arrives, before NAT. ``conn_tag`` and everything after it are known to
    later releases only.
    """

    name: str
    source_prefix: Network | None = None
    destination_prefix: Network | None = None
    source_port: int | None = None
    destination_port: int | None = None
    protocol: int | None = None
    interface: str | None = None
    logical_system: str | None = None
    conn_tag: int | None = None
    destination_service: str | None = None
    geneve_vni: int | None = None
    source_tenant: str | None = None
    tenant: str | None = None
    tunnel_inspection_type: str | None = None
    vxlan_vni: int | None = None

    @property
    def criteria(self) -> dict[str, object]:
        """The criteria that are set, by field name."""
        return {f.name: v for f in fields(self) if f.name != "name" and (v := getattr(self, f.name)) is not None}

    @property
    def is_wide(self) -> bool:
        """Whether it takes everything: no criteria, or nothing but prefixes of length 0."""
        narrow = [v for v in self.criteria.values() if getattr(v, "prefixlen", 1) != 0]
        return not narrow


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorFilter:
    """One filter as ``show monitor security flow`` prints it. ``extra`` holds lines we have no field for."""

    name: str
    active: bool
    source: str = ""
    source_ports: str = ""
    destination: str = ""
    destination_ports: str = ""
    protocol: str = ""
    logical_system: str = ""
    interface: str = ""
    extra: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorStatus:
    """State of flow monitoring on one device, or on one ``node`` of a cluster. It has no owner field."""

    active: bool
    file: str = ""
    filter_count: int | None = None
    filters: tuple[MonitorFilter, ...] = ()
    node: str = ""

    @property
    def file_name(self) -> str:
        """Name of the trace file without its folder, empty when none is set."""
        return self.file.rpartition("/")[2]
