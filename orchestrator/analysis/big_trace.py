"""Traces too big to keep: every flow is counted, and the telling packets of those that matter are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from orchestrator.analysis.asked import Asked
from orchestrator.analysis.window import Window
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import TracePacket, TraceStats
from orchestrator.model.protocols import WITH_PORTS
from orchestrator.model.trace_flow import TraceFlow
from orchestrator.parsers.source import Source
from orchestrator.parsers.trace_survey import survey

BIG_BYTES = 24 * 1024 * 1024  # above this a trace is surveyed; below it every packet is kept
PACKED = 12  # how much larger a compressed trace is than its file, about
MOST_FLOWS = 1000  # that are looked into, those with drops first


@dataclass(slots=True)
class BigTrace:
    """What a survey gave for a question: telling packets, the counts of their flows, and the stretch of time."""

    packets: list[TracePacket]
    flows: dict[FlowKey, TraceFlow]
    stats: TraceStats
    window: Window | None


def is_big(sources: Iterable[Source]) -> bool:
    """Whether the files together are too big to keep."""
    size = 0
    for source in sources:
        if source.path is not None:
            packed = source.path.open("rb").read(2) == b"\x1f\x8b"
            size += source.path.stat().st_size * (PACKED if packed else 1)
    return size > BIG_BYTES


def read(sources: Sequence[Source], asked: Asked, mine: Callable[[TracePacket], bool] | None) -> BigTrace:
    """Survey the trace and look into the flows that the question is about.

    Raises:
        ParseError: nothing of it is a flow trace.
    """
    seen = survey(sources)
    stamps = [stamp for flow in seen.flows.values() for stamp in (flow.first, flow.last) if stamp is not None]
    keys = _meant(seen.flows, asked)
    telling = seen.packets(keys)
    packets = [packet for packet in telling if mine is None or mine(packet)]
    others = {packet.key for packet in telling} - {packet.key for packet in packets}
    return BigTrace(
        packets,
        {key: seen.flows[key] for key in keys if key not in others},  # one with ambiguous packets only is kept
        seen.stats,
        Window(min(stamps), max(stamps)) if stamps else None,
    )


def _meant(flows: dict[FlowKey, TraceFlow], asked: Asked) -> list[FlowKey]:
    """Flows of the conversation, in both directions and on both sides of NAT."""
    asked_for = [flow for key, flow in flows.items() if asked.means(key)]
    worst = sorted(asked_for, key=lambda flow: (-flow.dropped, -flow.packets))[:MOST_FLOWS]
    keys = {flow.key: None for flow in worst}
    for flow in worst:
        keys |= {reply: None for reply in _replies(flow) if reply in flows}
    known = {
        (number, end) for key in keys for number in flows[key].session_ids for end in (key.source, key.destination)
    }
    for key, flow in flows.items():
        if len(keys) >= 2 * MOST_FLOWS:
            break
        if any((number, end) in known for number in flow.session_ids for end in (key.source, key.destination)):
            keys[key] = None
    return list(keys)


def _replies(flow: TraceFlow) -> list[FlowKey]:
    key, found = flow.key, [flow.key.reverse()]
    for path in flow.paths:
        client = (key.source, key.source_port)
        server = (key.destination, key.destination_port)
        if path.source_nat is not None:
            client = (path.source_nat.after, path.source_nat.after_port if key.protocol in WITH_PORTS else None)
        if path.destination_nat is not None:
            server = (path.destination_nat.after, path.destination_nat.after_port or key.destination_port)
        found.append(FlowKey(*server, *client, key.protocol))
    return found
