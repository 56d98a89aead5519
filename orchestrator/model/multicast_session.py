"""Multicast streams of the session table: a template session and the leaf sessions linked to it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_session import FlowSession
from orchestrator.model.verdict import Finding

LEAF_TIMEOUT = -1  # seconds, as printed: a leaf goes when its template goes (documentation)


@dataclass(frozen=True, slots=True, kw_only=True)
class MulticastStream:
    """One stream on one node.

    ``expected_seconds`` is the timeout that template and leaves should share: the highest of those of the leaves'
    policies and of the protocol; ``None`` when it is not known. ``interval_seconds`` is the time between two packets,
    as asked or as counted, ``None`` with fewer than two packets.
    """

    key: FlowKey
    node: str = ""
    template: FlowSession | None = None
    leaves: tuple[FlowSession, ...] = ()
    expected_seconds: int | None = None
    interval_seconds: float | None = None

    @property
    def timeout_seconds(self) -> int | None:
        """The template's configured timeout, else the one that is expected."""
        configured = self.template.configured_timeout if self.template else None
        return configured if configured is not None and configured >= 0 else self.expected_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class MulticastTable:
    """All streams, what is odd about them, and what was not checked."""

    streams: tuple[MulticastStream, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()
