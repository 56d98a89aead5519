"""What a configuration, or the status of a pool, says of interim logging."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.model.flow_trace import Line


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of seconds and where it is set."""

    seconds: int
    line: Line


@dataclass(slots=True, kw_only=True)
class NatPool:
    """A pool of addresses. ``family`` is ``ms`` (``services nat pool``), ``spc3`` (``services nat source pool``) or
    ``srx`` (``security nat source pool``); ``status`` when it was read from the status of a device.
    """

    name: str
    family: str
    blocks: bool = False  # has port-block allocation
    interval: Setting | None = None
    line: Line | None = None


@dataclass(slots=True, kw_only=True)
class PortBlockConfiguration:
    """``interfaces`` and ``inactivity`` are by interface. ``packages`` are the extension-provider packages loaded.

    ``None`` says that the section is not in what was read, and so nothing is known.
    """

    pools: dict[str, NatPool] = field(default_factory=dict)
    interfaces: dict[str, Setting] = field(default_factory=dict)
    inactivity: dict[str, Setting] = field(default_factory=dict)
    system_syslog: bool | None = None
    rules: dict[str, bool] = field(default_factory=dict)  # "RULE TERM" with a NAT action: has syslog
    endpoint_independent: bool = False
    packages: tuple[str, ...] | None = None
    from_status: bool = False
