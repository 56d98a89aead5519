"""Result documents for the tests of reports: from a trace of our own, with every key of the contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from orchestrator.analysis.conversations import Conversation, join
from orchestrator.model.flow_trace import TracePacket
from orchestrator.parsers import flow_trace
from orchestrator.parsers.source import Source

DATA = Path(__file__).parents[1] / "data"
RESULTS = DATA / "results"
HOSTILE = (
    "</script><script>window.owned=1</script><img src=x onerror='window.owned=1'>{{ 7*7 }}"
    "\x00\x1b[2J\u202egpj.exe\u2066\ud800\u2028\"'`&lt;"
)


def packets_of(path: Path) -> list[TracePacket]:
    """The packets of a trace file."""
    return list(flow_trace.parse(Source.of_path(path)))


def as_packet(packet: TracePacket, *, back: bool) -> dict[str, Any]:
    """One packet as the result document has it."""
    return {
        "time": packet.time.isoformat() if packet.time else None, "direction": "back" if back else "there",
        "path": packet.path, "outcome": packet.outcome.value, "reason": packet.reason,
        "session_id": packet.session_id, "length": packet.length, "ip_id": packet.ip_id,
        "tcp_flags": packet.tcp_flags, "ingress": packet.ingress, "egress": packet.egress,
        "ambiguous": packet.ambiguous,
        "lines": [{"file": one.file, "number": one.number, "text": one.text} for one in packet.lines],
    }  # fmt: skip


def as_conversation(one: Conversation) -> dict[str, Any]:
    """One conversation as the result document has it."""
    key = one.key
    return {
        "key": {"source": key.source, "source_port": key.source_port, "destination": key.destination,
                "destination_port": key.destination_port, "protocol": key.protocol},
        "title": str(key), "from_zone": one.from_zone, "to_zone": one.to_zone, "policy": one.policy,
        "policy_id": one.policy_id, "source_nat": one.source_nat, "destination_nat": one.destination_nat,
        "ingress": one.ingress, "egress": one.egress, "session_ids": sorted(one.session_ids), "reasons": one.reasons,
        **{side: {name: getattr(getattr(one, side), name)
                  for name in ("packets", "forwarded", "dropped", "unknown", "ambiguous")}
           for side in ("there", "back")},
        "packets": [as_packet(packet, back=packet.key is not None and packet.key.source == key.destination)
                    for packet in one.packets],
    }  # fmt: skip


def conversations_of(path: Path) -> list[dict[str, Any]]:
    """The conversations of a trace file."""
    return [as_conversation(one) for one in join(packets_of(path))]


def frozen(name: str) -> dict[str, Any]:
    """One of the results that are kept for ever."""
    document = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def everywhere(document: Any, text: str) -> Any:
    """A document of the same shape whose free strings are all this text."""
    if isinstance(document, dict):
        return {name: value if name in ("time", "direction", "outcome", "path", "status", "verdict", "certainty")
                else everywhere(value, text) for name, value in document.items()}  # fmt: skip
    if isinstance(document, list):
        return [everywhere(each, text) for each in document]
    return text if isinstance(document, str) else document
