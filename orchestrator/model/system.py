"""Facts about the device itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitMark:
    """What names the last commit, and which source gave it.

    ``source`` is ``revision``, ``history`` or ``last-configured``: the best the release offers. Two marks of the same
    source are equal exactly when nobody committed in between.
    """

    source: str
    value: str
    user: str = ""
    client: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """Login class and permissions of our user (``get-authorization-information``)."""

    user: str
    login_class: str
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """Whether the class has a permission, by itself or through ``all``."""
        return "all" in self.permissions or permission in self.permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemInformation:
    """Name, model and release, per node of a cluster or for the device."""

    host_name: str
    model: str
    release: str
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStatus:
    """``get-flow-status-all``: ``trace_on`` is the state of flow traceoptions, ``None`` when not shown."""

    trace_on: bool | None
    leaves: dict[str, str] = field(default_factory=dict)
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of a chassis cluster in one redundancy group."""

    name: str
    group: int
    priority: int | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """Chassis cluster; no nodes means a standalone device."""

    cluster_id: str = ""
    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """Times of one routing engine: as printed, and epoch seconds where the device gives them."""

    last_configured: str = ""
    last_configured_seconds: int | None = None
    last_configured_by: str = ""
    booted: str = ""
    booted_seconds: int | None = None
    current: str = ""
    current_seconds: int | None = None
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEngine:
    """Load of one routing engine in per cent, ``None`` where not printed."""

    slot: int | None = None
    node: str = ""
    status: str = ""
    mastership: str = ""
    cpu_idle: int | None = None
    control_plane_memory: int | None = None
    data_plane_memory: int | None = None
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLoad:
    """Load of one services unit (SPU): per cent, and sessions now and at most; ``None`` where not printed."""

    unit: str = ""
    node: str = ""
    cpu: int | None = None
    memory: int | None = None
    sessions: int | None = None
    max_sessions: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filesystem:
    """One filesystem of ``show system storage``: ``block_bytes`` is what the device says of its blocks."""

    name: str
    mounted_on: str
    total_blocks: int | None = None
    used_blocks: int | None = None
    available_blocks: int | None = None
    used_percent: int | None = None
    block_bytes: int = 512
    node: str = ""

    @property
    def available_bytes(self) -> int | None:
        """Free space in bytes."""
        return None if self.available_blocks is None else self.available_blocks * self.block_bytes
