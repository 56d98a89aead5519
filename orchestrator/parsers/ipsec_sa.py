"""Security associations of IPsec, of all platforms, brief and detail, XML and text.

Roots of XML: ``security-associations-information`` (ES PIC, routing engine),
``ipsec-security-associations-information`` (SRX, live 24.4R1.9, although its YANG names the former),
``services-security-associations-information`` (services cards of an MX) (facts: YANG 16.1 to 24.4R1).
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IpsecDirection, IpsecSa
from orchestrator.parsers.ipsec_sa_records import direction, ipsec_sa
from orchestrator.parsers.ipsec_sa_text import records
from orchestrator.parsers.labels import Labels, leaves_below
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import (
    Element,
    account,
    descendants,
    leaf,
    line_of,
    local_name,
    looks_like_xml,
    node_of,
    root_of,
)

KIND = "a list of IPsec security associations"
_SRX = "ipsec-security-associations-block"
_BLOCKS = (_SRX, "security-associations-block", "services-security-associations-block")
_ROOTS = (
    "ipsec-security-associations-information", "security-associations-information",
    "services-security-associations-information",
)  # fmt: skip
_DIRECTED = ("ipsec-security-associations", "security-associations")
# Tunnel events: all in one container (published capture of 2017), or each in one of its own (YANG 24.4R1).
_EVENT = "sa-ipsec-tunnel-event"
_EVENTS = ("sa-ipsec-tunnel-events", _EVENT)
_WORDINGS = {"sa-tunnel-event", "sa-tunnel-event-description"}


def parse(source: Source) -> Reading[IpsecSa]:
    """Read the associations in the order printed."""
    if looks_like_xml(source):
        return _from_element(root_of(source), source.name, read=True)
    tally = Tally()
    return Reading(KIND, source.name, tally, records(source.lines(), tally))


def parse_element(element: Element, name: str = "reply") -> Reading[IpsecSa]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    return _from_element(element, name, read=False)


def _from_element(element: Element, name: str, *, read: bool) -> Reading[IpsecSa]:
    tally = Tally()

    def found() -> Iterator[IpsecSa]:
        for each in descendants(element, *_ROOTS, *_BLOCKS):
            if local_name(each) in _ROOTS:
                tally.recognised += 1
                tally.declare(integer(leaf(each, "total-active-tunnels")))
            else:
                yield from _of_block(each, name, tally, read=read)
        account(element, name, tally)

    return Reading(KIND, name, tally, found())


def _of_block(block: Element, name: str, tally: Tally, *, read: bool) -> Iterator[IpsecSa]:
    labels = Labels(leaves_below(block, *_DIRECTED, *_EVENTS))
    if not labels and next(descendants(block, *_DIRECTED), None) is None:
        return
    tally.recognised += 1
    directions = list(_directions(block, labels, name, tally, read=read))
    yield ipsec_sa(
        labels,
        directions,
        events=tuple(event for each in _containers(block) for event in _events(each)),
        node=node_of(block),
        line=Line(name, line_of(block), "") if read else None,
    )


def _directions(block: Element, of_block: Labels, name: str, tally: Tally, *, read: bool) -> Iterator[IpsecDirection]:
    """Each direction; what an SRX repeats in it of the tunnel goes to the block."""
    known: set[tuple[str, str]] = set()
    for each in descendants(block, *_DIRECTED):
        pairs = list(leaves_below(each))
        shared = [pair for pair in pairs if pair[0] in _OF_THE_TUNNEL]
        for pair in shared:
            if pair not in known and pair not in of_block.rest():
                of_block.add(*pair)
            known.add(pair)
        labels = Labels(pair for pair in pairs if pair not in shared)
        place = Line(name, line_of(each), "") if read else None
        one = direction(labels, hexadecimal=local_name(block) == _SRX, line=place)
        if one is None:
            tally.unknown(Line(name, line_of(each), "a security association without direction or SPI"))
        else:
            yield one


_OF_THE_TUNNEL = frozenset({"sa-tunnel-index", "sa-remote-gateway", "sa-port", "sa-virtual-system"})


def _containers(block: Element) -> Iterator[Element]:
    """What holds events of the tunnel, the outer one where one is inside another."""
    for each in descendants(block, *_EVENTS):
        if all(local_name(above) not in (*_EVENTS, *_DIRECTED) for above in each.iterancestors()):
            yield each


def _events(element: Element) -> Iterator[str]:
    """Tunnel events: time, wording and number of times stand one after the other."""
    time = ""
    said: list[str] = []
    for name, text in leaves_below(element):
        if name == "sa-tunnel-event-time":
            if said:
                yield " ".join(said)
            time, said = text, []
        elif name in _WORDINGS:
            if said:
                yield " ".join(said)
            said = [f"{time}: {text}" if time else text]
        elif text:
            said.append(f"({text} times)" if name == "sa-tunnel-event-num-times" else text)
    if said:
        yield " ".join(said)
