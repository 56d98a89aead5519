"""``show services stateful-firewall conversations|flows|statistics``, text or XML.

XML is that of YANG 16.1 to 24.4R1; text that of the ALG document and the command reference, in any layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.model import protocols
from orchestrator.model.flow_trace import Line
from orchestrator.model.stateful_firewall import (
    FirewallStatistics,
    FlowNat,
    ServiceConversation,
    ServiceFlow,
    ServiceFlowTable,
)
from orchestrator.parsers import stateful_firewall_statistics as statistics
from orchestrator.parsers import stateful_firewall_text as layout
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer, protocol_number
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    leaf,
    leaves,
    line_of,
    looks_like_xml,
    root_of,
)

KIND = "output of show services stateful-firewall"
Record = ServiceConversation | ServiceFlowTable | FirewallStatistics
_PREFIXES = ("sfw-flow-table-", "sfw-flow-")  # what YANG puts before the name of a detail
_OWN_LEAVES = {
    "sfw-flow-protocol", "sfw-flow-source-ip", "sfw-flow-source-port", "sfw-flow-destination-ip",
    "sfw-flow-destination-port", "sfw-flow-state", "sfw-flow-direction", "sfw-flow-frame-counter",
}  # fmt: skip


def parse(source: Source) -> Reading[Record]:
    """Read conversations, flow tables and counters, in the order printed."""
    if looks_like_xml(source):
        return parse_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source, tally))


def parse_element(element: Element, name: str = "reply") -> Reading[Record]:
    """Read a reply that is already parsed."""
    tally = Tally()
    return Reading(KIND, name, tally, _from_element(element, name, tally))


def _from_text(source: Source, tally: Tally) -> Iterator[Record]:
    joined = layout.Joined.of(source)
    tally.lines = len(joined.lines)
    for block in layout.blocks(joined):
        tally.recognised += bool(block.interface)
        if statistics.is_count(joined.text[block.start : block.end]):
            yield from statistics.read_counts(joined, block, tally)
            continue
        if statistics.is_table(joined.text[block.start : block.end]):
            yield from statistics.read_table(joined, block, tally)
            continue
        if statistics.is_statistics(joined.text[block.start : block.end]):
            yield statistics.read_block(joined, block, tally)
            continue
        content = layout.read_block(joined, block, tally)
        yield from content.conversations
        if content.flows:
            yield ServiceFlowTable(interface=block.interface, service_set=block.service_set, flows=tuple(content.flows))


def _from_element(root: Element, name: str, tally: Tally) -> Iterator[Record]:
    holders = (
        "service-sfw-conversation-information", "service-sfw-flow-table-information",
        "service-sfw-statistics-information", "service-sfw-flow-count-information",
    )  # fmt: skip
    tally.recognised += sum(1 for _ in descendants(root, *holders))
    for held in descendants(root, "sfw-per-service-set-conversation"):
        for one in children(held, "sfw-conversation"):
            tally.recognised += 1
            yield _conversation(one, held, name)
    for held in descendants(root, "sfw-per-service-set-flow-table"):
        tally.recognised += 1
        yield ServiceFlowTable(
            interface=leaf(held, "interface-name"), service_set=leaf(held, "service-set-name"),
            flows=tuple(_flow(each, name) for each in descendants(held, "sfw-flow-entry")),
        )  # fmt: skip
    for counted in descendants(root, "service-sfw-flow-count"):
        tally.recognised += 1
        yield statistics.count_of(counted)
    for held in descendants(root, "service-sfw-statistics-entry"):
        for entry in children(held, "sfw-stats-service-set-entry"):
            tally.recognised += 1
            yield statistics.read_element(entry, leaf(held, "interface-name"), name)
    account(root, name, tally)


def _conversation(one: Element, held: Element, name: str) -> ServiceConversation:
    alg = leaf(one, "sfw-flow-table-conv-alg")
    return ServiceConversation(
        interface=leaf(held, "interface-name"),
        service_set=leaf(held, "service-set-name"),
        alg=alg.lower(),
        initiators=integer(leaf(one, "sfw-flow-table-conv-initiator")),
        responders=integer(leaf(one, "sfw-flow-table-conv-responder")),
        flows=tuple(_flow(each, name) for each in descendants(one, "sfw-flow-entry")),
        line=Line(name, line_of(one), f"Conversation: ALG protocol: {alg}"),
    )


def _flow(entry: Element, name: str) -> ServiceFlow:
    said = leaves(entry)
    protocol = said.get("sfw-flow-protocol", "")
    ends = [
        (said.get(f"sfw-flow-{side}-ip", ""), integer(said.get(f"sfw-flow-{side}-port")))
        for side in ("source", "destination")
    ]
    if protocol_number(protocol) not in protocols.WITH_PORTS:
        ends = [(address, None) for address, _ in ends]
    flow = ServiceFlow(
        key=layout.key_of(protocol, ends[0], ends[1]),
        state=layout.state_of(said.get("sfw-flow-state", "")),
        direction=layout.direction_of(said.get("sfw-flow-direction", "")),
        frames=integer(said.get("sfw-flow-frame-counter")),
        nats=tuple(_nat(each) for each in children(entry, "sfw-flow-nat")),
        details=layout.protocol_detail(protocol)
        | {_short(tag): text for tag, text in said.items() if tag not in _OWN_LEAVES},
    )
    return replace(flow, line=Line(name, line_of(entry), str(flow)))


def _short(tag: str) -> str:
    return next((tag.removeprefix(each) for each in _PREFIXES if tag.startswith(each)), tag)


def _nat(element: Element) -> FlowNat:
    kind = leaf(element, "sfw-flow-nat-type").lower()
    return FlowNat(
        kind="source" if kind.startswith(("source", "nat source")) else "dest" if "dest" in kind else kind,
        address=leaf(element, "sfw-flow-nat-ip"),
        port=integer(leaf(element, "sfw-flow-nat-port")),
        translated=leaf(element, "sfw-flow-translated-ip"),
        translated_port=integer(leaf(element, "sfw-flow-translated-port")),
    )
