"""Text of ``show services stateful-firewall``, read by its words and not by its columns.

No source keeps the original columns: manuals print the output on one line, as two columns, or with a line a flow. So
the lines are joined, cut at each ``Interface: ..., Service set: ...``, and read as a row of known phrases.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.model import protocols
from orchestrator.model.flow import FlowKey
from orchestrator.model.flow_trace import Line
from orchestrator.model.stateful_firewall import Direction, FlowNat, FlowState, ServiceConversation, ServiceFlow
from orchestrator.parsers.paste import plain_line
from orchestrator.parsers.reading import Tally
from orchestrator.parsers.source import Source
from orchestrator.parsers.values import UNKNOWN_PROTOCOL, integer, protocol_number

_BLOCK = re.compile(r"Interface: ?(?P<interface>[^\s,]+),? Service se[tr]: ?(?P<service_set>[^\s,]+),?")
_ECHO = re.compile(r"[\w.-]+@[\w.:-]+[>#] ?show services [\w ./:-]{0,200}?(?=Interface:|$)|[\w.-]+@[\w.:-]+[>#]$")
_END = r"\S{1,64}"
_FLOW = (
    rf"(?<!\S)(?P<protocol>[A-Za-z][\w-]{{0,20}}|\d{{1,3}}) (?P<source>{_END}) ?-> ?(?P<destination>{_END}) "
    r"(?P<state>Watch|Forward|Drop|Unknown|[A-Z][a-z]{1,20}) (?P<direction>[IO]) (?P<frames>\d+)(?= |$)"
)
_NAT = (
    rf"(?:NAT (?P<nat>source|dest(?:ination)?)|(?P<nat_first>Source|Dest(?:ination)?) NAT) "
    rf"(?P<original>{_END}) ?-> ?(?P<translated>{_END})(?= |$)"
)
_SOFTWIRE = rf"Softwire (?P<softwire>{_END} ?-> ?{_END})(?= |$)"  # the tunnel that a translated flow came through
# What ``extensive`` adds below a flow (facts: leaves of YANG 24.4R1, wording of the command reference).
_DETAILS = {
    "byte count": "byte-count",
    "tcp window size": "tcp-window-size",
    "tcp acknowledge": "tcp-acknowledge",
    "tcp_tickle": "tcp-tickle",
    "flow role": "role",
    "timeout": "timeout",
    "gate id": "gate-id",
}
_PHRASES = re.compile(
    r"Conversation: ?ALG protocol: ?(?P<alg>[^\s,]{1,64}),?"
    r"|Number of initiators: ?(?P<initiators>\d+),? ?Number of responders: ?(?P<responders>\d+),?"
    r"|(?P<heading>Flow (?:Prot(?:ocol)? Source Dest(?:ination)? )?Stat[es] Dir Frm count)"
    rf"|{_NAT}|{_SOFTWIRE}|{_FLOW}"
    rf"|(?P<detail>(?i:{'|'.join(_DETAILS)})): ?(?P<value>[\w.]+),?"
    r"|(?P<note>TCP (?:established|tickle enabled|tickle disabled)),?"
)


@dataclass(slots=True)
class Joined:
    """Lines as one text in which every run of blanks is one, and which line each place came from."""

    text: str
    lines: list[Line]
    starts: list[int]

    @classmethod
    def of(cls, source: Source) -> Joined:
        """Join what a source holds."""
        lines, texts, starts, at = [], [], [], 0
        for line in source.lines():
            text = " ".join(plain_line(line.text).split())
            lines.append(line)
            texts.append(text)
            starts.append(at)
            at += len(text) + 1
        return cls(" ".join(texts), lines, starts)

    def line(self, at: int) -> Line:
        """The line that holds a place of the text."""
        return self.lines[bisect_right(self.starts, at) - 1] if self.lines else Line("", 0, "")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands under one heading; the text from ``start`` to ``end``."""

    interface: str
    service_set: str
    start: int
    end: int


def blocks(joined: Joined) -> Iterator[Block]:
    """Cut a text at its headings; what stands before the first one is a block without names."""
    found = list(_BLOCK.finditer(joined.text))
    first = found[0].start() if found else len(joined.text)
    if joined.text[:first].strip():
        yield Block("", "", 0, first)
    for number, one in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(joined.text)
        yield Block(one["interface"], one["service_set"], one.end(), end)


@dataclass(slots=True)
class _Open:
    """A conversation, or a plain list of flows, while it is read."""

    alg: str | None = None
    initiators: int | None = None
    responders: int | None = None
    line: Line = field(default=Line("", 0, ""))
    flows: list[_OpenFlow] = field(default_factory=list)


@dataclass(slots=True)
class _OpenFlow:
    found: re.Match[str]
    line: Line
    nats: list[FlowNat] = field(default_factory=list)
    details: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class BlockContent:
    """Conversations of a block, and the flows that stand in none."""

    conversations: list[ServiceConversation]
    flows: list[ServiceFlow]


def read_block(joined: Joined, block: Block, tally: Tally) -> BlockContent:
    """Read conversations and flows; what is between known phrases is counted as unknown."""
    opened = [_Open()]
    at = block.start
    for found in _PHRASES.finditer(joined.text, block.start, block.end):
        unknown(joined, at, found.start(), tally)
        at = found.end()
        tally.recognised += 1
        _take(found, opened, joined.line(found.start()))
    unknown(joined, at, block.end, tally)
    return BlockContent(
        [_conversation(one, block) for one in opened if one.alg is not None],
        [_flow(each) for one in opened if one.alg is None for each in one.flows],
    )


def unknown(joined: Joined, start: int, end: int, tally: Tally) -> None:
    """Count what stands between two phrases, unless it is the echo of the command."""
    text = joined.text[start:end].strip(" ,")
    if text and not _ECHO.fullmatch(text):
        line = joined.line(start + (joined.text[start] in " ,"))
        tally.unknown(Line(line.file, line.number, text))


def _take(found: re.Match[str], opened: list[_Open], line: Line) -> None:
    now = opened[-1]
    if found["alg"]:
        opened.append(_Open(found["alg"], line=line))
    elif found["initiators"]:
        now.initiators, now.responders = int(found["initiators"]), int(found["responders"])
    elif found["protocol"]:
        now.flows.append(_OpenFlow(found, line))
    elif now.flows:
        _below_flow(found, now.flows[-1])


def _below_flow(found: re.Match[str], flow: _OpenFlow) -> None:
    if nat := found["nat"] or found["nat_first"]:
        with_ports = protocol_number(flow.found["protocol"]) in protocols.WITH_PORTS
        original, translated = end_of(found["original"], with_ports), end_of(found["translated"], with_ports)
        kind = "source" if nat.lower() == "source" else "dest"
        flow.nats.append(
            FlowNat(
                kind=kind, address=original[0], port=original[1], translated=translated[0],
                translated_port=translated[1],
            )
        )  # fmt: skip
    elif found["softwire"]:
        flow.details["softwire"] = " -> ".join(end.strip() for end in found["softwire"].split("->"))
    elif found["detail"]:
        flow.details[_DETAILS[found["detail"].lower()]] = found["value"]
    elif found["note"]:
        held = flow.details.get("protocol-detail")
        flow.details["protocol-detail"] = f"{held}, {found['note']}" if held else found["note"]


def end_of(text: str, with_port: object) -> tuple[str, int | None]:
    """Address and port; the port stands behind a colon, or behind a dot as extension-provider packages print it."""
    text = text.rstrip(",")
    if not with_port:
        return text, None
    address, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and (":" not in address or _is_address(address.strip("[]"))):
        return address.strip("[]"), int(port)
    address, dot, port = text.rpartition(".")
    if dot and port.isdecimal() and _is_address(address):
        return address, int(port)
    return text, None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def state_of(text: str) -> FlowState | str:
    """The state, as printed when it is a new one."""
    return next((one for one in FlowState if one.value.lower() == text.lower()), text)


def direction_of(text: str) -> Direction | str:
    """The direction, as printed when it is a new one."""
    return next((one for one in Direction if one.value == text.strip().upper()[:1]), text)


def key_of(protocol: str, source: tuple[str, int | None], destination: tuple[str, int | None]) -> FlowKey:
    """The five values."""
    return FlowKey(source[0], source[1], destination[0], destination[1], protocol_number(protocol))


def protocol_detail(protocol: str) -> dict[str, str]:
    """The name of a protocol without a number (``DS-LITE``), else nothing."""
    return {"protocol": protocol} if protocol_number(protocol) == UNKNOWN_PROTOCOL else {}


def _flow(one: _OpenFlow) -> ServiceFlow:
    found = one.found
    with_ports = protocol_number(found["protocol"]) in protocols.WITH_PORTS
    key = key_of(
        found["protocol"], end_of(found["source"], with_ports), end_of(found["destination"], with_ports)
    )  # fmt: skip
    return ServiceFlow(
        key=key, state=state_of(found["state"]), direction=direction_of(found["direction"]),
        frames=integer(found["frames"]), nats=tuple(one.nats),
        details=protocol_detail(found["protocol"]) | one.details, line=one.line,
    )  # fmt: skip


def _conversation(one: _Open, block: Block) -> ServiceConversation:
    return ServiceConversation(
        interface=block.interface, service_set=block.service_set, alg=(one.alg or "").lower(),
        initiators=one.initiators, responders=one.responders, flows=tuple(map(_flow, one.flows)), line=one.line,
    )  # fmt: skip
