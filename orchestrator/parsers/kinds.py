"""The kinds of input that can be parsed by name, and which of them an input is."""

from __future__ import annotations

import re
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

# What only one kind holds, in the order of asking. A log may quote anything, so it comes last.
_SIGNS = (
    ("flow_trace", r":RT:|flow_process_pkt|matched filter "),
    ("session_table", r"<flow-session|Session ID: ?\d|Valid sessions:|Unicast-sessions"),
    ("packet_drop", r"packet-drop-(?:records|information)|,Dropped by |packet-drop records"),
    ("policy_configuration", r"<policies[ >]|<policy[ >]|<default-policy"),
    ("monitor_status", r"Monitor security flow"),
    ("system_log", r"RT_FLOW|APPTRACK_SESSION|session (?:created|closed|denied) |^(?:<\d+>)?[A-Z][a-z]{2} +\d"),
    ("file_list", r"<directory-list|^total (?:files|blocks)"),
)


def kind_of(source: Source) -> str:
    """The kind an input is by what its first stretch holds; empty when it holds nothing known."""
    head = source.head()
    return next((kind for kind, sign in _SIGNS if re.search(sign, head, re.MULTILINE)), "")
