"""A session as the index of RT_FLOW archives tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.session_log import LogEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedSession:
    """``kind`` is that of the record it rests on: ``close`` knows both ends, ``create`` the begin only.

    ``begin`` of a close is its stamp less the elapsed time. ``end`` is ``None`` when no close is left. Times are UTC.
    """

    kind: str
    key: FlowKey
    nat_source: LogEnd | None
    nat_destination: LogEnd | None
    begin: datetime
    end: datetime | None
    device: str = ""
    policy: str = ""
    service: str = ""
    session_id: int | None = None
    reason: str = ""
    line: Line
