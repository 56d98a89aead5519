"""``show packet-capture status``: XML by the leaves of YANG 24.4R1.

How the CLI prints it is in no source: text is read as ``NAME: VALUE`` with the names of the leaves, in any spelling of
dashes, underscores and blanks. A line that is none counts as not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from orchestrator.model.packet_capture import CaptureFilter, CaptureStatus
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer, node_heading
from orchestrator.parsers.xml_input import (
    Element,
    account,
    children,
    descendants,
    leaves,
    looks_like_xml,
    node_of,
    root_of,
)

KIND = "the state of packet capture"
_RESULT = "request-packet-capture-show-result"
_SAID = "request-packet-capture-show-status"
_ENTRY = "packet-capture-filter-entry"
_PAIR = re.compile(r"\s*([A-Za-z][\w -]{0,60}?)\s*:\s*(.*)")
_HEAD = {
    "enable-status", "packet-capture-count", "capture-file-filename", "capture-file-size", "capture-file-rotate",
    "capture-file-snap", "packet-capture-bidirect", "mutex-status", _SAID,
}  # fmt: skip
_OF_FILTER = {
    "filter-flag", "filter-proto", "source-address", "source-address-mask", "source-address-mask-vx",
    "packet-capture-source-port-low", "packet-capture-source-port-high", "destination-address",
    "destination-address-mask", "destination-address-mask-vx", "packet-capture-destination-port-low",
    "packet-capture-destination-port-high", "interface-name", "interface-ifl",
}  # fmt: skip


def parse(source: Source) -> Reading[CaptureStatus]:
    """Read the state of one device, or of every node of a cluster."""
    if looks_like_xml(source):
        return parse_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source, tally))


def parse_element(element: Element, name: str = "reply") -> Reading[CaptureStatus]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    tally = Tally()

    def records() -> Iterator[CaptureStatus]:
        for block in descendants(element, _RESULT):
            tally.recognised += 1
            entries = [_named(leaves(one)) for one in children(block, _ENTRY)]
            yield _status(_named(leaves(block)), entries, node_of(block))
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


def _named(found: Mapping[str, str]) -> dict[str, str]:
    """Leaves under one spelling: the model has some with underscores."""
    return {name.replace("_", "-"): value for name, value in found.items()}


def _from_text(source: Source, tally: Tally) -> Iterator[CaptureStatus]:
    head: dict[str, str] = {}
    entries: list[dict[str, str]] = []
    node = ""
    for line in source.lines():
        tally.lines += 1
        if heading := node_heading(line.text.strip()):
            if head:
                yield _status(head, entries, node)
            node, head, entries = heading, {}, []
            tally.recognised += 1
            continue
        pair = _PAIR.fullmatch(line.text)
        name = re.sub(r"[ _]+", "-", pair[1].lower()) if pair else ""
        value = pair[2].strip() if pair else ""
        if name in _HEAD:
            head[name] = value
        elif name == _ENTRY and head:
            entries.append({})
        elif name in _OF_FILTER and entries:
            entries[-1][name] = value
        else:
            tally.unknown(line)
            continue
        tally.recognised += 1
    if head:
        yield _status(head, entries, node)


def _status(head: Mapping[str, str], entries: list[dict[str, str]], node: str) -> CaptureStatus:
    enabled, bidirectional = integer(head.get("enable-status")), integer(head.get("packet-capture-bidirect"))
    return CaptureStatus(
        enabled=None if enabled is None else enabled != 0,
        file=head.get("capture-file-filename", ""),
        count=integer(head.get("packet-capture-count")),
        size_bytes=integer(head.get("capture-file-size")),
        rotate=integer(head.get("capture-file-rotate")),
        snap=integer(head.get("capture-file-snap")),
        bidirectional=None if bidirectional is None else bidirectional != 0,
        filters=tuple(_filter(one) for one in entries),
        said=head.get(_SAID, ""),
        node=node,
    )


def _filter(entry: dict[str, str]) -> CaptureFilter:
    rest = dict(entry)

    def end(side: str) -> tuple[str, tuple[int | None, int | None]]:
        address, mask = rest.pop(f"{side}-address", ""), rest.pop(f"{side}-address-mask-vx", "")
        rest.pop(f"{side}-address-mask", None)
        low, high = (integer(rest.pop(f"packet-capture-{side}-port-{edge}", "")) for edge in ("low", "high"))
        return f"{address}/{mask}" if address and mask else address, (low, high)

    (source, source_ports), (destination, destination_ports) = end("source"), end("destination")
    return CaptureFilter(
        source=source, source_ports=source_ports, destination=destination, destination_ports=destination_ports,
        protocol=rest.pop("filter-proto", ""), interface=rest.pop("interface-name", ""), extra=rest,
    )  # fmt: skip
