"""Flow sessions as XML; the element order is that of a live 24.4R1.9, the older one that of 15.1 to 20.3 captures."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.lab.datapath.records import Session, Wing
from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.flow_session_text import View, counted, printed_timeout
from orchestrator.lab.operations.protocols import protocol_name

BRIEF = {"junos:style": "brief"}
Leaves = dict[str, object]


def table(markup: Markup, sessions: list[Session], view: View) -> Element:
    """The table and its count."""
    root = markup.branch("flow-session-information")
    for session in sessions:
        row = markup.grow(root, "flow-session", _head(session, view), BRIEF)
        markup.grow(row, "flow-information", _wing("In", session.incoming, view), BRIEF)
        if session.outgoing is not None:
            markup.grow(row, "flow-information", _wing("Out", session.outgoing, view), BRIEF)
    root.append(markup.leaf("displayed-session-count", len(sessions)))
    return root


def _head(session: Session, view: View) -> Leaves:
    """Leaves before the wings; ``None`` leaves one out."""
    modern = view.layout == "24.4"
    seconds = printed_timeout(session, view)
    return {
        "session-identifier": session.session_id,
        "status": "Normal",
        "session-state": view.ha_state if view.clustered else None,
        "session-flag": "0x40/0x0/0x2/0x23" if modern else "0x40/0x0/0x8003",
        "policy": session.policy,
        "nat-source-pool-name": session.source_pool or "Null",
        "application-name": session.application or None,
        "application-value": session.application_value if session.application else None,
        "dynamic-application-name": f"junos:{session.dynamic_application or 'UNKNOWN'}",
        "encryption-traffic-name": " Unknown" if modern else None,
        "url-category-name": " Unknown" if modern else None,
        "application-traffic-control-rule-set-name": "INVALID",
        "application-traffic-control-rule-name": "INVALID",
        "configured-timeout": -1 if session.multicast == "leaf" else session.configured_timeout_seconds,
        "timeout": seconds,
        "sess-state": session.state,
        "logical-system": None if modern else "",
        "wan-acceleration": "",
        "start-time": int(session.created if modern else session.created - view.booted),
        "duration": max(0, int(view.now - session.created)),
        "session-mask": 0 if modern else None,
    }


def _wing(direction: str, wing: Wing, view: View) -> Leaves:
    modern = view.layout == "24.4"
    incoming = modern and direction == "In"
    return {
        "direction": direction,
        "source-address": wing.source,
        "source-port": wing.source_port,
        "destination-address": wing.destination,
        "destination-port": wing.destination_port,
        "protocol": protocol_name(wing.protocol),
        "conn-tag": "0x0",
        "attachment-id": 0 if incoming else None,
        "gw-endpoint-id": 0 if incoming else None,
        "flow-cookie": 0 if incoming else None,
        "interface-name": wing.interface,
        "session-token": f"{wing.token:#x}",
        "flag": f"{wing.flag:#x}",
        "power-mode-express-path": "False" if modern else None,
        "route": f"{wing.route:#x}",
        "gateway": wing.gateway,
        "tunnel-information": None if modern else 0,
        "tunnel-id": 0 if modern else None,
        "tunnel-type": "None" if modern else None,
        "port-sequence": 0,
        "fin-sequence": 0,
        "fin-state": 0,
        "seq-ack-diff": 0,
        "pkt-cnt": 0 if view.backup else wing.packets,
        "byte-cnt": 0 if view.backup else wing.bytes,
    }


def summary(markup: Markup, numbers: Mapping[str, int], view: View) -> list[Element]:
    """The summary in the containers of the release: three siblings of old, three nested ones on 24.4."""
    modern = view.layout == "24.4"
    leaves = markup.leaves({name: n for name, n in numbers.items() if modern or name != "active-drop-sessions"})
    block = markup.branch("flow-session-summary-information", leaves)
    if modern:
        return [markup.branch("security-flow-information", [markup.branch("flow-session-information", [block])])]
    empty = "flow-session-information"
    return [markup.branch(empty), block, markup.branch(empty)]


def filtered_summary(markup: Markup, sessions: list[Session]) -> list[Element]:
    """A filtered summary: counts by state instead of the block."""
    leaves: Leaves = {f"displayed-session-{state}": count for state, count in counted(sessions).items()}
    leaves["displayed-session-count"] = len(sessions)
    return [markup.branch("flow-session-information", markup.leaves(leaves))]


def status(markup: Markup, tracing: str) -> Element:
    """``flow-status-all``."""
    forwarding = {
        "flow-forwarding-mode-inet": "flow based",
        "flow-forwarding-mode-inet6": "flow based",
        "flow-forwarding-mode-mpls": "drop",
        "flow-forwarding-mode-iso": "drop",
    }
    trace: Leaves = {"flow-trace-status": tracing, "flow-trace-options": "all" if tracing == "on" else None}
    return markup.branch(
        "flow-status-all",
        [
            markup.branch("flow-forwarding-mode", markup.leaves(dict(forwarding))),
            markup.branch("flow-trace-option", markup.leaves(trace)),
            markup.branch("flow-session-distribution", markup.leaves({"mode": "Hash-based"})),
            markup.branch("flow-packet-ordering", markup.leaves({"ordering-mode": "Hardware"})),
        ],
    )
