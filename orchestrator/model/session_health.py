"""How the session table of a device is doing."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.flow_configuration import FlowConfiguration
from orchestrator.model.verdict import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class TableUse:
    """Counters of one session table: of a device, a node or an SPU. ``None`` is what the device did not print."""

    node: str = ""
    fpc_pic: str = ""
    active: int | None = None
    maximum: int | None = None
    valid: int | None = None
    pending: int | None = None
    invalidated: int | None = None
    failed: int | None = None

    @property
    def where(self) -> str:
        """Node and SPU, ``device`` where there is only one table."""
        return " ".join(part for part in (self.node, self.fpc_pic) if part) or "device"

    @property
    def used_percent(self) -> float | None:
        """Share of the table in use, ``None`` when the device did not print both numbers."""
        if self.active is None or not self.maximum:
            return None
        return 100 * self.active / self.maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutUse:
    """How many sessions of an application have a timeout, in seconds.

    ``documented`` is the default of the protocol, ``None`` for a protocol without one; ``configured`` says that an
    ``inactivity-timeout`` of that name and time stands in the configuration, ``None`` when that was not checked.
    """

    application: str
    protocol: int
    seconds: int
    sessions: int
    documented: int | None = None
    configured: bool | None = None

    @property
    def differs(self) -> bool:
        """Whether it is not the documented default of its protocol."""
        return self.documented is not None and self.seconds != self.documented


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUse:
    """How many sessions come from an address."""

    address: str
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCounts:
    """Sessions of the list. ``copies`` are those a backup node keeps; nothing else here counts them.

    ``near_timeout`` have idled nine tenths of their time, ``unfinished`` are TCP sessions stuck in the initial
    timeout, ``early`` have so little left that aggressive ageing would take them.
    """

    listed: int = 0
    copies: int = 0
    near_timeout: int = 0
    early: int = 0
    tcp: int = 0
    unfinished: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What was counted, what it means, and what was not checked. No finding about the latter is no good sign.

    ``sessions`` is ``None`` when the device did not list them. ``sources`` are the addresses with the most of them.
    """

    tables: tuple[TableUse, ...] = ()
    sessions: SessionCounts | None = None
    sources: tuple[SourceUse, ...] = ()
    timeouts: tuple[TimeoutUse, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()
    configuration: FlowConfiguration | None = None
