"""``show security packet-drop records`` and ``monitor security packet-drop``, text or XML (21.1R1 and later).

Line (facts: live vSRX 23.2R2 and 24.4):
``HH:MM:SS.uuuuuu:LSYS-ID-NN SRC/SPORT-->DST/DPORT;PROTO,ipid-N,IFACE,Dropped by MODULE:DETAIL``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.packet_drop import PacketDrop
from orchestrator.model.place import Place
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Reading, Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import fpc_pic, icmp_words, integer, ports, protocol_number
from orchestrator.parsers.xml_input import (
    Element,
    account,
    descendants,
    leaf,
    leaves,
    line_of,
    looks_like_xml,
    node_of,
    root_of,
)

KIND = "a list of packet-drop records"
_DROPPED_BY = re.compile(r"(?:Dropped by )?(?P<module>[A-Za-z][\w -]{0,40}):(?P<detail>.*)")
_RECORD = re.compile(
    r"(?P<time>\d\d:\d\d:\d\d(?:\.\d{1,9})?):(?P<lsys>[\w-]+) "
    r"(?P<src>[^\s/]+)/(?P<sp>\d+)--\s?>(?P<dst>[^\s/]+)/(?P<dp>\d+);(?P<proto>[\w-]+),"
    r"ipid-(?P<ipid>\d+),(?P<interface>[^,]*),Dropped by (?P<module>[^:]+):"
    r"(?P<detail>.*?)(?=\d\d:\d\d:\d\d\.\d{6}:[\w-]{1,40} [^\s/]{1,60}/\d{1,5}--|$)"
)
_TOTAL = re.compile(r"Total packet-drop records: (\d+)")
_NODE = re.compile(r"(node\d+):")
_PLACE = re.compile(r".{0,40}?\bon (FPC\d+ PIC\d+):?")
_TITLE = re.compile(r"Starting packet drop:?|(?:\d+ )?packet-drop records(?: cleared)?:?", re.IGNORECASE)


def parse(source: Source) -> Reading[PacketDrop]:
    """Read the records in the order printed, newest first in ``show``."""
    if looks_like_xml(source):
        return _from_element(root_of(source), source.name, read=True)
    tally = Tally()
    return Reading(KIND, source.name, tally, _from_text(source, tally))


def parse_element(element: Element, name: str = "reply") -> Reading[PacketDrop]:
    """Read a reply that is already parsed; ``element`` is the ``rpc-reply``."""
    return _from_element(element, name, read=False)


def _from_element(element: Element, name: str, *, read: bool) -> Reading[PacketDrop]:
    tally = Tally()

    def records() -> Iterator[PacketDrop]:
        for block in descendants(element, "packet-drop-records"):
            tally.recognised += 1
            tally.declare(integer(leaf(block, "displayed-packet-drop-count")))
        for each in descendants(element, "packet-drop-information"):
            tally.recognised += 1
            record = _from_leaves(each, name if read else "")
            if record is None:
                tally.unknown(Line(name, line_of(each), "a record without addresses"))
            else:
                yield record
        account(element, name, tally)

    return Reading(KIND, name, tally, records())


def _from_text(source: Source, tally: Tally) -> Iterator[PacketDrop]:
    node = where = ""
    for line in source.lines():
        tally.lines += 1
        text = plain_line(line.text)
        tally.recognised += 1
        if matches := list(_RECORD.finditer(text)):
            if matches[0].start():
                tally.unknown(Line(line.file, line.number, text[: matches[0].start()]))
            place = Place.of_lines(line.file, line.number, line.number)
            for found in matches:
                yield _record(found, node, where, place)
        elif total := _TOTAL.match(text):
            tally.declare(int(total[1]) if len(total[1]) < 20 else None)
        elif heading := _NODE.fullmatch(text):
            node, where = heading[1], ""
        elif heading := _PLACE.fullmatch(text):
            where = heading[1]
        elif not _TITLE.fullmatch(text):
            tally.recognised -= 1
            tally.unknown(line)


def _record(found: re.Match[str], node: str, where: str, place: Place) -> PacketDrop:
    protocol = protocol_number(found["proto"])
    return PacketDrop(
        time=found["time"],
        key=_key(found["src"], found["sp"], found["dst"], found["dp"], protocol),
        module=found["module"],
        detail=found["detail"].rstrip(),
        interface=found["interface"],
        logical_system=found["lsys"],
        ip_id=integer(found["ipid"]),
        icmp_words=icmp_words(protocol, found["sp"], found["dp"]),
        node=node,
        fpc_pic=where,
        place=place,
    )


def _from_leaves(element: Element, name: str) -> PacketDrop | None:
    found = leaves(element)
    source, destination = found.get("source-address", ""), found.get("destination-address", "")
    if not source and not destination:
        return None
    words = found.get("source-port", ""), found.get("destination-port", "")
    protocol = protocol_number(found.get("protocol", ""))
    said = _DROPPED_BY.fullmatch(found.get("drop-messages", ""))
    above = element.getparent()
    where = found.get("fpc-pic-name") or (leaf(above, "packet-drop-fpc-pic-name") if above is not None else "")
    first = line_of(element)
    last = first + "".join(map(str, element.itertext())).count("\n")
    return PacketDrop(
        time=found.get("drop-time", ""),
        key=_key(source, words[0], destination, words[1], protocol),
        module=said["module"] if said else "",
        detail=said["detail"] if said else found.get("drop-messages", ""),
        interface=found.get("interface", ""),
        logical_system=found.get("logical-system", ""),
        ip_id=integer(found.get("ipid")),
        icmp_words=icmp_words(protocol, *words),
        node=node_of(element),
        fpc_pic=fpc_pic(where),
        place=Place.of_lines(name, first, last) if name else None,
    )


def _key(source: str, source_word: str, destination: str, destination_word: str, protocol: int) -> FlowKey:
    source_port, destination_port = ports(protocol, source_word, destination_word)
    return FlowKey(source, source_port, destination, destination_port, protocol)
