"""Application layer gateways: which are on, what they hold, and what an expert's eye makes of their flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.stateful_firewall import ServiceFlow
from orchestrator.model.verdict import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgStatus:
    """``show security alg status`` of one node: ALG by its small name (``ftp``), whether it is enabled.

    ``None`` for a word that is neither ``Enabled`` nor ``Disabled``.
    """

    enabled: Mapping[str, bool | None]
    node: str = ""
    line: Line = field(default=Line("", 0, ""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgSession:
    """A parent or child session of ``show services alg conversations``; ``status`` and ``session_id`` when printed."""

    forward: FlowKey | None
    reverse: FlowKey | None
    protocol: str = ""
    status: str = ""
    session_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgConversation:
    """One ALG client of a card with extension-provider packages: its parent sessions and their children."""

    interface: str
    alg: str
    state: str
    conversations: int | None
    parents: tuple[AlgSession, ...]
    children: tuple[AlgSession, ...]
    groups: tuple[int, ...] = ()


class Role(StrEnum):
    """What a flow is for (facts: documentation of ALG sessions; active FTP and RTSP)."""

    CONTROL_INITIATOR = "control initiator"
    CONTROL_RESPONDER = "control responder"
    DATA_INITIATOR = "data initiator"
    DATA_RESPONDER = "data responder"
    UNKNOWN = "unknown"

    @property
    def is_control(self) -> bool:
        """Whether the ALG reads its payload."""
        return self in {Role.CONTROL_INITIATOR, Role.CONTROL_RESPONDER}

    @property
    def is_data(self) -> bool:
        """Whether it carries what the control flow negotiated."""
        return self in {Role.DATA_INITIATOR, Role.DATA_RESPONDER}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRole:
    """A flow and what it is for."""

    flow: ServiceFlow
    role: Role


class Activity(StrEnum):
    """How far an ALG has come, least first."""

    ABSENT = "absent"  # no conversation of it
    PRESENT = "present"  # conversations, but a control flow without frames
    ACTIVE = "active"  # control flows have frames
    TRANSFERRING = "transferring"  # data flows have frames too


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgHealth:
    """The answer: ``activity`` by ALG, ``None`` where no conversation list was read."""

    activity: Mapping[str, Activity] | None
    roles: tuple[FlowRole, ...]
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]
