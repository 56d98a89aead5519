"""``show services stateful-firewall`` and ``show services alg conversations`` of a router with a services card.

Elements and arguments are those of YANG 16.1 to 24.4R1. No reply of a live card is published, so the values' case is
synthetic; the text is laid out as the ALG document's words in lines of their own.
"""

from __future__ import annotations

import ipaddress

from orchestrator.lab.markup import Element, Markup
from orchestrator.lab.operations.answer import Answer
from orchestrator.lab.operations.operation import Argument, Call, Operation
from orchestrator.lab.operations.stateful_firewall_counters import GROUPS
from orchestrator.lab.scenario_stateful_firewall import AlgConversation, Flow, Translation

HEADING = "Flow                                               State    Dir   Frm count"
_FILTERS = (
    Argument("level", choices=("brief", "extensive", "terse")),
    Argument("pgcp", flag=True),
    *(
        Argument(name)
        for name in ("source-prefix", "destination-prefix", "source-port", "destination-port", "protocol",
                     "application-protocol", "service-set", "interface")
    ),
    Argument("limit", low=1, high=4294967295),
)  # fmt: skip


def _ends(text: str) -> tuple[str, str]:
    address, _, port = text.rpartition(":")
    return address, port


def _wanted(call: Call, flow: Flow) -> bool:
    """Whether a flow matches the addresses, ports and protocol that are asked for."""
    for side, end in (("source", flow.source), ("destination", flow.destination)):
        address, port = _ends(end)
        prefix = call.get(f"{side}-prefix")
        if prefix and ipaddress.ip_address(address) not in ipaddress.ip_network(prefix, strict=False):
            return False
        if call.get(f"{side}-port") not in {"", port}:
            return False
    return call.get("protocol").lower() in {"", flow.protocol.lower()}


def _conversations(call: Call) -> list[AlgConversation]:
    """What matches; a conversation is shown whole when any of its flows does."""
    firewall = call.box.stateful_firewall
    setup = firewall.setup
    if call.get("service-set") not in {"", setup.service_set} or call.get("interface") not in {"", setup.interface}:
        return []
    found = [
        one
        for one in firewall.conversations()
        if call.get("application-protocol") in {"", one.alg} and any(_wanted(call, flow) for flow in one.flows)
    ]
    return found[: int(call.get("limit") or len(found))]


def conversations(call: Call) -> Answer:
    """Conversations with their flows."""
    markup, setup = call.markup("junos-sfw"), call.box.stateful_firewall.setup
    items, lines = [], [f"Interface: {setup.interface}, Service set: {setup.service_set}"]
    found = _conversations(call)
    for one in found:
        counts = [len([each for each in one.flows if each.direction == way]) for way in "IO"]
        initiators = counts[0] if one.initiators is None else one.initiators
        responders = counts[1] if one.responders is None else one.responders
        head = markup.leaves({
            "sfw-flow-table-conv-alg": one.alg, "sfw-flow-table-conv-initiator": initiators,
            "sfw-flow-table-conv-responder": responders,
        })  # fmt: skip
        items.append(markup.branch("sfw-conversation", [*head, _table(markup, one.flows)]))
        lines += [
            "", f"Conversation: ALG protocol: {one.alg}",
            f" Number of initiators: {initiators}, Number of responders: {responders}", *_flow_lines(one.flows),
        ]  # fmt: skip
    return _answer(call, "service-sfw-conversation-information", "sfw-per-service-set-conversation", items, lines)


def flows(call: Call) -> Answer:
    """Flows without their conversations."""
    markup, setup = call.markup("junos-sfw"), call.box.stateful_firewall.setup
    found = [each for one in _conversations(call) for each in one.flows if _wanted(call, each)]
    lines = [f"Interface: {setup.interface}, Service set: {setup.service_set}", *_flow_lines(found)]
    items = [_table(markup, found)] if found else []
    return _answer(call, "service-sfw-flow-table-information", "sfw-per-service-set-flow-table", items, lines)


def _answer(call: Call, information: str, holder: str, items: list[Element], lines: list[str]) -> Answer:
    markup, setup = call.markup("junos-sfw"), call.box.stateful_firewall.setup
    if not items:
        return Answer("", [markup.branch(information)])
    head = markup.leaves({"interface-name": setup.interface, "service-set-name": setup.service_set})
    element = markup.branch(information, [markup.branch(holder, [*head, *items])])
    return Answer("\n".join(lines) + "\n", [element], padded=call.box.persona.padded)


def _table(markup: Markup, found: list[Flow]) -> Element:
    return markup.branch("service-sfw-flow-table", [_entry(markup, flow) for flow in found])


def _entry(markup: Markup, flow: Flow) -> Element:
    source, destination = _ends(flow.source), _ends(flow.destination)
    leaves = markup.leaves({
        "sfw-flow-protocol": flow.protocol, "sfw-flow-source-ip": source[0], "sfw-flow-source-port": source[1],
        "sfw-flow-destination-ip": destination[0], "sfw-flow-destination-port": destination[1],
        "sfw-flow-state": flow.state, "sfw-flow-direction": flow.direction, "sfw-flow-frame-counter": flow.frames,
    })  # fmt: skip
    return markup.branch("sfw-flow-entry", [*leaves, *(_nat(markup, one) for one in flow.nat)])


def _nat(markup: Markup, one: Translation) -> Element:
    original, translated = _ends(one.original), _ends(one.translated)
    leaves = {
        "sfw-flow-nat-type": one.type, "sfw-flow-nat-ip": original[0], "sfw-flow-nat-port": original[1],
        "sfw-flow-translated-ip": translated[0], "sfw-flow-translated-port": translated[1],
    }  # fmt: skip
    return markup.branch("sfw-flow-nat", markup.leaves(leaves))


def _flow_lines(found: list[Flow]) -> list[str]:
    lines = [HEADING]
    for flow in found:
        ends = f"{flow.protocol:<4} {flow.source:>21} -> {flow.destination}"
        lines.append(f"{ends:<50} {flow.state:<8} {flow.direction:<3} {flow.frames:>11}")
        lines += [f"    NAT {one.type:<6} {one.original:>21} -> {one.translated}" for one in flow.nat]
    return lines


def statistics(call: Call) -> Answer:
    """Counters; every level but ``extensive`` has the sums only."""
    markup, firewall = call.markup("junos-sfw"), call.box.stateful_firewall
    setup, counters = firewall.setup, firewall.counters()
    if call.get("service-set") not in {"", setup.service_set} or call.get("interface") not in {"", setup.interface}:
        return Answer("", [markup.branch("service-sfw-statistics-information")])
    groups, lines = [], [f"Interface: {setup.interface}", f"  Service set: {setup.service_set}"]
    for group in GROUPS:
        if group.detailed and call.get("level") != "extensive":
            continue
        values = {leaf: counters.get(leaf, 0) for _, leaf in group.counters}
        groups.append(markup.branch(group.tag, markup.leaves(values)))
        lines += [f"    {group.heading}:", *(f"      {label}: {values[leaf]}" for label, leaf in group.counters)]
    entry = [*groups, markup.leaf("service-set-name", setup.service_set)]
    inside = [markup.leaf("interface-name", setup.interface), markup.branch("sfw-stats-service-set-entry", entry)]
    element = markup.branch(
        "service-sfw-statistics-information", [markup.branch("service-sfw-statistics-entry", inside)]
    )  # fmt: skip
    return Answer("\n".join(lines) + "\n", [element], padded=call.box.persona.padded)


def alg_conversations(call: Call) -> Answer:
    """Parent and child sessions; the entry has a list for each value, and places in the lists belong together."""
    markup, setup = call.markup("junos-msp"), call.box.stateful_firewall.setup
    entries, lines = [], [f"Interface name: {setup.interface}"]
    for one in _conversations(call):
        control = [each for each in one.flows if each.state == "Watch" and each.direction == "I"]
        data = [each for each in one.flows if each.state != "Watch" and each.direction == "I"]
        leaves: list[Element] = markup.leaves(
            {"client-name": f"{one.alg.upper()} ALG", "client-state": "active", "num-groups": 1}
        )
        lines += [f"ALG : {one.alg.upper()} ALG, State : active", "Number of conversations: 1"]
        for kind, found in (("parent", control), ("child", data)):
            for number, flow in enumerate(found, 1):
                leaves += _session(markup, kind, number, flow)
                lines += [
                    f"  {kind.title()} session : {number}, protocol: {flow.protocol}",
                    f"    Forward Flow : {{{flow.source} -> {flow.destination}}}",
                    f"    Reverse Flow : {{{flow.destination} -> {flow.source}}}",
                ]
        entries.append(markup.branch("msp-alg-conv-all-entry", leaves))
    head = [markup.leaf("interface-name", setup.interface)] if entries else []
    element = markup.branch("service-msp-alg-conversation-information", [*head, *entries])
    return Answer("\n".join(lines) + "\n" if entries else "", [element], padded=call.box.persona.padded)


def _session(markup: Markup, kind: str, number: int, flow: Flow) -> list[Element]:
    (source, source_port), (destination, destination_port) = _ends(flow.source), _ends(flow.destination)
    return markup.leaves({
        f"{kind}-sess-id": number, f"{kind}-flow-protocol": flow.protocol,
        f"{kind}-fflow-src-ip": source, f"{kind}-fflow-src-port": source_port,
        f"{kind}-fflow-dst-ip": destination, f"{kind}-fflow-dst-port": destination_port,
        f"{kind}-rflow-src-ip": destination, f"{kind}-rflow-src-port": destination_port,
        f"{kind}-rflow-dst-ip": source, f"{kind}-rflow-dst-port": source_port,
    })  # fmt: skip


OPERATIONS = (
    Operation(
        "get-service-sfw-conversation-information", "show services stateful-firewall conversations", conversations,
        "view", arguments=_FILTERS,
    ),
    Operation(
        "get-service-sfw-flow-table-information", "show services stateful-firewall flows", flows, "view",
        arguments=_FILTERS,
    ),
    Operation(
        "get-service-sfw-statistics-information", "show services stateful-firewall statistics", statistics, "view",
        arguments=(
            Argument("level", choices=("brief", "detail", "extensive", "summary")), Argument("service-set"),
            Argument("interface"),
        ),
    ),
    Operation(
        "get-service-msp-alg-conversation-information", "show services alg conversations", alg_conversations, "view",
        arguments=(
            Argument("level", choices=("brief", "extensive")), Argument("application-protocol"), Argument("interface"),
        ),
    ),
)  # fmt: skip
