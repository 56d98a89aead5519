"""Columns of the tables that people read; JSON has every field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.model import protocols, tags
from orchestrator.model.device import Device
from orchestrator.model.files import Artifact, RemoteFile
from orchestrator.model.flow_monitor import MonitorStatus
from orchestrator.model.flow_session import FlowSession, SessionSummary, Wing
from orchestrator.model.packet_capture import CaptureStatus
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.quantities import human_size
from orchestrator.model.system import Filesystem


def _end(address: str, port: int | None) -> str:
    return address if port is None else f"{address}/{port}"


def _wing(wing: Wing | None) -> tuple[str, str]:
    if wing is None:
        return "", ""
    way = f"{_end(wing.source, wing.source_port)} -> {_end(wing.destination, wing.destination_port)}"
    return way, f"{wing.packets if wing.packets is not None else '?'}"


def session_columns(one: FlowSession | SessionSummary) -> dict[str, Any]:
    """One line a session."""
    if isinstance(one, SessionSummary):
        return summary_columns(one)
    arrives, returns = one.wing("In"), one.wing("Out")
    there, there_packets = _wing(arrives)
    back, back_packets = _wing(returns)
    return {
        "id": one.session_id,
        "in": there,
        "out": back,
        "proto": protocols.name_of(arrives.protocol) if arrives else "",
        "packets": f"{there_packets}/{back_packets or '-'}",
        "policy": one.policy,
        "timeout": "N/A" if one.timeout is None else one.timeout,
        "node": one.node,
    }


def summary_columns(one: SessionSummary) -> dict[str, Any]:
    """The counters that people look at first."""
    counters = one.counters
    return {
        "where": " ".join(part for part in (one.node, one.fpc_pic) if part) or "device",
        "in use": counters.get("active-sessions", ""),
        "max": counters.get("max-sessions", ""),
        "valid": counters.get("active-session-valid", ""),
        "invalidated": counters.get("active-session-invalidated", ""),
        "failed": counters.get("failed-sessions", ""),
    }


def monitor_rows(states: list[MonitorStatus]) -> Iterator[dict[str, Any]]:
    """One line a filter."""
    for state in states:
        for one in state.filters:
            yield {
                "filter": one.name,
                "whose": "ours" if tags.read(one.name) else "somebody's",
                "source": f"{one.source} {one.source_ports}",
                "destination": f"{one.destination} {one.destination_ports}",
                "proto": one.protocol,
                "interface": one.interface,
                "node": state.node,
            }


def drop_columns(one: PacketDrop) -> dict[str, Any]:
    """One line a record."""
    return {"time": one.time, "packet": one.key, "interface": one.interface, "reason": one.reason}


def storage_columns(one: Filesystem) -> dict[str, Any]:
    """One line a filesystem."""
    free = one.available_bytes
    return {
        "mounted on": one.mounted_on,
        "used": "" if one.used_percent is None else f"{one.used_percent} %",
        "free": "" if free is None else human_size(free),
        "node": one.node,
    }


def file_columns(one: RemoteFile) -> dict[str, Any]:
    """One line a file."""
    return {
        "permissions": one.permissions,
        "owner": one.owner,
        "size": "" if one.size_bytes is None else human_size(one.size_bytes),
        "name": one.name,
        "whose": "ours" if tags.read(one.name) else "",
        "node": one.node,
    }


def artifact_columns(one: Artifact) -> dict[str, Any]:
    """One line an artifact."""
    return {
        "file": one.path,
        "size": human_size(one.size_bytes),
        "sha256": one.sha256[:16],
        "method": one.method,
        "checked": "yes" if one.device_checksum else "no",
    }


def device_columns(one: Device) -> dict[str, Any]:
    """One line a device."""
    return {
        "device": one.name,
        "address": f"[{one.host}]:{one.port}" if ":" in one.host else f"{one.host}:{one.port}",
        "user": one.credentials.user,
        "groups": ", ".join(one.groups),
        "host key": "pinned" if one.host_keys else "known_hosts",
    }


def capture_columns(one: CaptureStatus) -> dict[str, Any]:
    """The state of packet capture, one line a node."""
    state = "not shown" if one.enabled is None else "running" if one.enabled else "idle"
    filters = "; ".join(f"{each.source} -> {each.destination} {each.protocol}".strip() for each in one.filters)
    return {
        "node": one.node,
        "state": state,
        "file": one.file,
        "ours": "yes" if tags.read(one.file_name) else "",
        "packets": one.count if one.count is not None else "",
        "size": human_size(one.size_bytes) if one.size_bytes is not None else "",
        "filter": filters,
    }
