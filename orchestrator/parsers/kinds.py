"""The kinds of input that can be parsed by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.parsers import file_list, flow_trace, monitor_status, packet_drop, session_table, system_log
from orchestrator.parsers.reading import Reading
from orchestrator.parsers.source import Source

KINDS: dict[str, Callable[[Source], Reading[Any]]] = {
    "session_table": session_table.parse,
    "monitor_status": monitor_status.parse,
    "flow_trace": flow_trace.parse,
    "packet_drop": packet_drop.parse,
    "system_log": system_log.parse,
    "file_list": file_list.parse,
}
