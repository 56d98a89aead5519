"""What a services card tells of its stateful firewall: conversations, flows, counters, and where it logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line


class FlowState(StrEnum):
    """What the card does with a flow's packets (facts: documentation of ALG sessions)."""

    WATCH = "Watch"  # the ALG reads the payload; NAT in header and payload
    FORWARD = "Forward"  # the payload is not read; NAT in the header only
    DROP = "Drop"  # every packet of the five values is dropped
    UNKNOWN = "Unknown"  # as some packages of the card print it


class Direction(StrEnum):
    """Whose flow it is within its conversation."""

    INITIATOR = "I"
    RESPONDER = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNat:
    """One NAT line of a flow: ``source`` or ``dest``, the original end first, then the translated one."""

    kind: str
    address: str
    port: int | None
    translated: str
    translated_port: int | None

    def is_inverse_of(self, other: FlowNat) -> bool:
        """Whether this line undoes the other one."""
        mine = (self.address, self.port, self.translated, self.translated_port)
        return mine == (other.translated, other.translated_port, other.address, other.port)

    def __str__(self) -> str:
        def end(address: str, port: int | None) -> str:
            return address if port is None else f"{address}:{port}"

        before, after = end(self.address, self.port), end(self.translated, self.translated_port)
        return f"NAT {self.kind} {before} -> {after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFlow:
    """One direction of traffic through a services card. ``details`` are what only ``extensive`` prints, by leaf name.

    ``state`` is kept as printed where it is none of the known ones.
    """

    key: FlowKey
    state: FlowState | str
    direction: Direction | str
    frames: int | None
    nats: tuple[FlowNat, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    line: Line = field(default=Line("", 0, ""), compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.key} {self.state} {self.direction} {'?' if self.frames is None else self.frames}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConversation:
    """The flows that belong together, and how many of each direction the heading says there are."""

    interface: str
    service_set: str
    alg: str
    initiators: int | None
    responders: int | None
    flows: tuple[ServiceFlow, ...]
    line: Line = field(default=Line("", 0, ""), compare=False, repr=False)

    def of(self, direction: Direction) -> tuple[ServiceFlow, ...]:
        """The flows of one direction, in the order printed."""
        return tuple(one for one in self.flows if one.direction is direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFlowTable:
    """``show services stateful-firewall flows`` of one service set.

    ``counted`` is how many there are where only that was asked (``flows count``), else ``None``. ``others`` are leaves
    of such an answer that have no name here.
    """

    interface: str
    service_set: str
    flows: tuple[ServiceFlow, ...]
    counted: int | None = None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallStatistics:
    """Counters of one service set: group, then counter, both named as in YANG (``alg-error-counters``).

    A counter whose label is in no list keeps the label as printed. ``others`` are values that are no counts (``20%``).
    ``lines`` is where each counter that is not zero was read, by its name.
    """

    interface: str
    service_set: str
    groups: Mapping[str, Mapping[str, int]]
    others: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Line] = field(default_factory=dict, compare=False, repr=False)

    def count(self, group: str, counter: str) -> int | None:
        """One counter, ``None`` when it was not printed."""
        return self.groups.get(group, {}).get(counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSetLogging:
    """Where a service set sends its log (``local`` is the routing engine), and the rules it applies."""

    name: str
    hosts: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermLogging:
    """Whether a term of a stateful-firewall rule has ``then syslog``."""

    rule: str
    term: str
    logs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesLogging:
    """The three places that must agree before a log line of the services card is seen (configuration).

    ``files`` are logs of the routing engine that take these lines, ``other_files`` those that do not. ``None`` for
    ``files`` means that the class could not read ``system syslog``.
    """

    files: tuple[str, ...] | None
    other_files: tuple[str, ...]
    service_sets: tuple[ServiceSetLogging, ...]
    terms: tuple[TermLogging, ...]
