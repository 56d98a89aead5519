"""A session as RT_FLOW tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.close_reasons import CloseReason
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line


class SessionEvent(StrEnum):
    """What happened to the session."""

    CREATE = "create"
    CLOSE = "close"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class LogEnd:
    """An address and a port after translation; no port where the protocol has none."""

    address: str
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLog:
    """One RT_FLOW or APPTRACK record of a session.

    ``key`` is the packet as it arrived. ``nat_source`` and ``nat_destination`` are the ends after translation, equal
    to those of the key without one, ``None`` in a record that does not tell (deny). Names are empty and counters
    ``None`` where the release prints none or ``N/A``; rule names and types are empty without a rule. ``icmp_words``
    are what stands in the place of the ports of an ICMP record; ``icmp_type`` is that of a deny. ``reason`` is as
    printed, ``close_reason`` its word when it is known. ``elapsed_seconds`` counts from permit to close. ``tracking``
    tells an APPTRACK record, which comes besides the RT_FLOW one, from it. ``repeated`` is that of the record.
    """

    kind: SessionEvent
    key: FlowKey
    nat_source: LogEnd | None = None
    nat_destination: LogEnd | None = None
    from_zone: str = ""
    to_zone: str = ""
    policy: str = ""
    service: str = ""
    session_id: int | None = None
    reason: str = ""
    close_reason: CloseReason | None = None
    packets_from_client: int | None = None
    bytes_from_client: int | None = None
    packets_from_server: int | None = None
    bytes_from_server: int | None = None
    elapsed_seconds: int | None = None
    application: str = ""
    nested_application: str = ""
    source_rule: str = ""
    source_rule_type: str = ""
    destination_rule: str = ""
    destination_rule_type: str = ""
    icmp_type: int | None = None
    icmp_words: tuple[int, int] | None = None
    interface: str = ""
    user: str = ""
    roles: str = ""
    encrypted: bool | None = None
    logical_system: str = ""
    host: str = ""
    time: str = ""
    tracking: bool = False
    repeated: int = 0
    line: Line = field(compare=False)

    @property
    def is_translated(self) -> bool:
        """Whether the record shows a translation of either end."""
        key = self.key
        before = (LogEnd(key.source, key.source_port), LogEnd(key.destination, key.destination_port))
        after = (self.nat_source or before[0], self.nat_destination or before[1])
        return before != after
