"""Packet-drop records, newest first (facts: vSRX vLabs listing; leaf names from YANG 24.4R1)."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.lab.datapath.records import Drop
from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Call, Operation
from orchestrator.lab.operations.protocols import protocol_name


def _drop_time(drop: Drop) -> str:
    return datetime.fromtimestamp(drop.time, UTC).strftime("%H:%M:%S.%f")


def _reason(drop: Drop) -> str:
    return f"Dropped by {drop.module}:{drop.detail}"


def _line(drop: Drop) -> str:
    """One record; it has no date."""
    return (
        f"{_drop_time(drop)}:LSYS-ID-00 {drop.source}/{drop.source_port}-->{drop.destination}/{drop.destination_port};"
        f"{protocol_name(drop.protocol)},ipid-{drop.ip_id},{drop.interface},{_reason(drop)}"
    )


def _element(markup: Markup, drop: Drop) -> Element:
    leaves: dict[str, object] = {
        "drop-time": _drop_time(drop),
        "logical-system": "LSYS-ID-00",
        "source-address": drop.source,
        "source-port": drop.source_port,
        "destination-address": drop.destination,
        "destination-port": drop.destination_port,
        "protocol": protocol_name(drop.protocol),
        "ipid": drop.ip_id,
        "interface": drop.interface,
        "drop-messages": _reason(drop),
    }
    return markup.branch("packet-drop-information", markup.leaves(leaves))


def get(call: Call) -> Answer:
    """``show security packet-drop records``."""
    drops = list(reversed(call.box.datapath.drops)) if call.node == 0 else []
    markup = call.markup("junos-flow")
    count = markup.leaf("displayed-packet-drop-count", len(drops))
    element = markup.branch("packet-drop-records", [count, *(_element(markup, drop) for drop in drops)])
    text = "".join(f"{_line(drop)}\n" for drop in drops) or "Total packet-drop records: 0\n"
    return Answer(text, [element], padded=call.box.persona.padded)


def clear(call: Call) -> Answer:
    """``clear security packet-drop records``."""
    drops = call.box.datapath.drops
    count = len(drops) if call.node == 0 else 0
    drops.clear()
    markup = call.markup("junos-flow")
    element = markup.branch("clear-packet-drop-records", [markup.leaf("cleared-packet-drop-records-count", count)])
    return Answer(f"{count} packet-drop records cleared\n", [element], padded=call.box.persona.padded)


OPERATIONS = (
    Operation("get-packet-drop-records-all", "show security packet-drop records", get, "view", per_node=True),
    Operation(
        "clear-security-packet-drop-records", "clear security packet-drop records", clear, "clear", per_node=True
    ),
)
