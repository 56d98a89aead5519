"""Counters of IPsec: ``show security ipsec statistics`` (SRX) and ``show services ipsec-vpn ipsec statistics`` (MX).

XML: ``usp-ipsec-total-statistics-information`` (live 24.4R1.9) and ``ipsec-total-statistics-information`` (YANG 16.1).
Text: published captures of the SRX; a services card's text is in no source and read when it has the same labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from orchestrator.model.flow_trace import Line
from orchestrator.model.ipsec import IpsecStatistics
from orchestrator.parsers.labels import Labels, leaves_below, pairs_of
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer, node_heading
from orchestrator.parsers.xml_input import Element, account, descendants, local_name, looks_like_xml, node_of, root_of

KIND = "statistics of IPsec"
_ROOTS = ("usp-ipsec-total-statistics-information", "ipsec-total-statistics-information")
_PARTS = ("usp-ipsec-service-set-statistics", "ipsec-service-set-statistics")
_CARD = re.compile(r"(FPC \d{1,2}, ?PIC \d)(?:, KMD-Instance \d{1,2})?,?")
_SECTION = re.compile(r"(ESP|AH) Statistics:|(Errors):", re.IGNORECASE)
# Labels of the text whose words are not those of the leaf.
_LEAVES = {
    "invalid-spi": "invalid-spi-errors", "ts-check-fail": "ts-check-fail-errors", "discarded": "discard-errors",
}  # fmt: skip
_OF_THE_TUNNEL = {
    "pic": "pic-name", "pic-name": "pic-name", "service-set": "service-set-name", "local-gateway": "local-gateway",
    "remote-gateway": "remote-gateway", "tunnel-index": "tunnel-index", "virtual-system": "virtual-system",
}  # fmt: skip


def parse(source: Source) -> Reading[IpsecStatistics]:
    """Read one record a device, node, PIC, service set or tunnel."""
    if looks_like_xml(source):
        return _from_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source.lines(), tally))


def parse_element(element: Element, name: str = "reply") -> Reading[IpsecStatistics]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    return _from_element(element, name)


def _from_element(element: Element, name: str) -> Reading[IpsecStatistics]:
    tally = Tally()

    def found() -> Iterator[IpsecStatistics]:
        for each in descendants(element, *_ROOTS, *_PARTS):
            tally.recognised += 1
            labels = Labels(leaves_below(each, *_PARTS))
            if labels:
                yield _record(labels, node_of(each))
            elif local_name(each) in _PARTS:
                tally.unknown(Line(name, 0, "statistics without a counter"))
        account(element, name, tally)

    return Reading(KIND, name, tally, found())


def _record(labels: Labels, node: str) -> IpsecStatistics:
    named = IpsecStatistics(
        pic=labels.take("pic-name"),
        service_set=labels.take("service-set-name"),
        local_gateway=labels.take("local-gateway"),
        remote_gateway=labels.take("remote-gateway"),
        tunnel_index=labels.number("tunnel-index"),
    )
    numbers = [(name, integer(text)) for name, text in labels.rest()]
    return IpsecStatistics(
        pic=named.pic,
        service_set=named.service_set,
        local_gateway=named.local_gateway,
        remote_gateway=named.remote_gateway,
        tunnel_index=named.tunnel_index,
        counters=tuple((name, number) for name, number in numbers if number is not None),
        node=node,
        others=tuple(pair for pair, (_name, number) in zip(labels.rest(), numbers, strict=True) if number is None),
    )


def _from_text(lines: Iterable[Line], tally: Tally) -> Iterator[IpsecStatistics]:
    node, section, labels = "", "", Labels()
    sections: set[str] = set()  # of this record: one that comes again is of the next
    for line in lines:
        tally.lines += 1
        tally.recognised += 1
        text = plain_line(line.text)
        pairs = [(_dashed(label), value) for label, value in _pairs(text)]
        heading, found = node_heading(text), _SECTION.fullmatch(text)
        of_tunnel = all(label in _OF_THE_TUNNEL for label, _value in pairs)
        if heading or (found and found[0] in sections) or (of_tunnel and sections):
            if labels:
                yield _record(labels, node)
            node, section, labels, sections = heading or node, "", Labels(), set()
        if heading:
            continue
        if found:
            section = (found[1] or "").lower()
            sections.add(found[0])
        elif of_tunnel:
            labels.extend((_OF_THE_TUNNEL[label], value) for label, value in pairs)
        elif all(label and integer(value) is not None for label, value in pairs):
            labels.extend((_leaf(section, label), value) for label, value in pairs)
        else:
            tally.recognised -= 1
            tally.unknown(line)
    if labels:
        yield _record(labels, node)


def _pairs(text: str) -> list[tuple[str, str]]:
    if card := _CARD.fullmatch(text):
        return [("pic", card[1])]
    return list(pairs_of(text))


def _leaf(section: str, label: str) -> str:
    return f"{section}-{label}" if section else _LEAVES.get(label, label)


def _dashed(label: str) -> str:
    return "-".join(label.lower().split())
