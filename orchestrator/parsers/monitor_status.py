"""``show monitor security flow``: text, or the same text inside an XML reply.

Layout (facts: live vSRX 24.4R1-S2.9 and published outputs): three ``Monitor security flow ...`` lines, then one block
per filter that begins with ``Name:``. Indents differ between releases, so only the names of the lines count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from orchestrator.model.flow_monitor import MonitorFilter, MonitorStatus
from orchestrator.model.flow_trace import Line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import integer
from orchestrator.parsers.xml_input import Element, account, descendants, line_of, looks_like_xml, node_of, root_of

KIND = "the state of flow monitoring"
_NODE = re.compile(r"(node\d+|[\w-]*-re\d+):")
_PAIR = re.compile(r"([A-Z][\w /()-]{0,60}?)\s*:(?:\s+(.*))?")
_STATUS = "monitor security flow session status"
_FILE = "monitor security flow trace file"
_COUNT = "monitor security flow filters"
_PREFIX = re.compile(r"(?P<prefix>\S+)(?:\s+\(ports?\s+(?P<ports>[^)]*)\))?")
_HOLDERS = ("output", "show-monitor-security-flow-all", "monitor-security-flow-all")


def parse(source: Source) -> Reading[MonitorStatus]:
    """Read the state of one device, or of every node of a cluster."""
    if looks_like_xml(source):
        return parse_element(root_of(source), source.name)
    tally = Tally()
    return Reading(KIND, source.name, tally, _records(source.lines(), tally))


def parse_element(element: Element, name: str = "reply") -> Reading[MonitorStatus]:
    """Read a reply that is already parsed."""
    tally = Tally()

    def records() -> Iterator[MonitorStatus]:
        for holder in descendants(element, *_HOLDERS):
            if not len(holder):
                yield from _records(_text_lines(holder, name), tally, node_of(holder))
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


def _text_lines(holder: Element, name: str) -> Iterator[Line]:
    text = "".join(str(each) for each in holder.itertext())
    for number, each in enumerate(text.splitlines(), start=line_of(holder) or 1):
        if each.strip():
            yield Line(name, number, each)


@dataclass(slots=True)
class _Draft:
    """What has been read of one node."""

    node: str
    head: dict[str, str] = field(default_factory=dict)
    filters: list[dict[str, str]] = field(default_factory=list)


def _records(lines: Iterable[Line], tally: Tally, node: str = "") -> Iterator[MonitorStatus]:
    draft = _Draft(node)
    for line in lines:
        tally.lines += 1
        text = line.text.strip()
        if heading := _NODE.fullmatch(text):
            yield from _status(draft)
            draft = _Draft(heading[1])
            continue
        pair = _PAIR.fullmatch(text)
        name, value = (pair[1], (pair[2] or "").strip()) if pair else ("", "")
        if name.lower() in {_STATUS, _FILE, _COUNT}:
            if name.lower() in draft.head:
                yield from _status(draft)
                draft = _Draft(draft.node)
            draft.head[name.lower()] = value
        elif name == "Name" and draft.head:
            draft.filters.append({name: value})
        elif name and draft.filters:
            draft.filters[-1][name] = value
        else:
            tally.unknown(line)
            continue
        tally.recognised += 1
    yield from _status(draft)


def _status(draft: _Draft) -> Iterator[MonitorStatus]:
    if not draft.head:
        return
    yield MonitorStatus(
        active=_is_active(draft.head.get(_STATUS, "")),
        file=draft.head.get(_FILE, ""),
        filter_count=integer(draft.head.get(_COUNT)),
        filters=tuple(_filter(pairs) for pairs in draft.filters),
        node=draft.node,
    )


def _filter(pairs: dict[str, str]) -> MonitorFilter:
    rest = dict(pairs)
    source, source_ports = _prefix(rest.pop("Source", ""))
    destination, destination_ports = _prefix(rest.pop("Destination", ""))
    return MonitorFilter(
        name=rest.pop("Name", ""),
        active=_is_active(rest.pop("Status", "")),
        source=source,
        source_ports=source_ports,
        destination=destination,
        destination_ports=destination_ports,
        protocol=rest.pop("Protocol", ""),
        logical_system=rest.pop("Logical system", ""),
        interface=_unless_none(rest.pop("Interface", "")),
        extra=rest,
    )


def _prefix(text: str) -> tuple[str, str]:
    found = _PREFIX.fullmatch(text)
    return (found["prefix"], (found["ports"] or "").strip()) if found else (text, "")


def _is_active(text: str) -> bool:
    return text.strip().lower() == "active"


def _unless_none(text: str) -> str:
    return "" if text == "None" else text
